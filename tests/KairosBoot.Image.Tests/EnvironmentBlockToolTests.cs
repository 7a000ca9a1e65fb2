using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>What we write is what grub-editenv lists, and what it sets is what we read.</summary>
public class EnvironmentBlockToolTests : Scratch
{
    private const int Rounds = 60;

    [Fact]
    public void Grub_editenv_lists_what_we_write()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var variables = Variables(new Random(seed));
            File.WriteAllBytes(PathOf("block"), new EnvironmentBlock([.. variables]).ToBytes());
            Assert.Equal(string.Concat(variables.Select(v => $"{v.Key}={v.Value}\n")), List());
        }
    }

    [Fact]
    public void We_read_what_grub_editenv_sets_in_its_own_files_and_in_ours()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var random = new Random(seed);
            if (seed % 2 == 0) HostTool.Run("grub-editenv", PathOf("block"), "create");
            else File.WriteAllBytes(PathOf("block"), BootBlock.Write(new BootCounters()));
            var variables = Variables(random);
            HostTool.Run("grub-editenv", [PathOf("block"), "set", .. variables.Select(v => $"{v.Key}={v.Value}")]);
            HostTool.Run("grub-editenv", PathOf("block"), "unset", variables[0].Key);
            var block = EnvironmentBlock.TryParse(File.ReadAllBytes(PathOf("block")))!;
            Assert.Equal(List(), string.Concat(block.Variables.Select(v => $"{v.Key}={v.Value}\n")));
            Assert.Null(block[variables[0].Key]);
            Assert.All(variables[1..], v => Assert.Equal(v.Value, block[v.Key]));
        }
    }

    [Fact]
    public void Counters_outlive_a_change_by_grub_editenv()
    {
        var counters = new BootCounters { Active = new(1, true, "0123456789abcdef"), Passive = new(0, false, BootCounter.NoImage), First = Slot.Passive };
        File.WriteAllBytes(PathOf("block"), BootBlock.Write(counters));
        HostTool.Run("grub-editenv", PathOf("block"), "set", "recovery_left=2", "next_slot=recovery", "fail=passive:missing");
        var changed = BootBlock.Read(File.ReadAllBytes(PathOf("block")));
        Assert.Null(changed.Problem);
        Assert.Equal(
            counters with { Recovery = new(2, false, ""), Once = Slot.Recovery, Fault = new(Slot.Passive, SlotFault.Missing) }, changed.Counters);
    }

    private string List() => HostTool.Run("grub-editenv", PathOf("block"), "list");

    // Names as GRUB takes them, values of every printable character: backslashes, hashes and equal signs are what goes wrong.
    private static KeyValuePair<string, string>[] Variables(Random random)
    {
        const string Odd = "\\\\\\##== \"'$\t";
        return [.. Enumerable.Range(0, random.Next(2, 9)).Select(index =>
        {
            var value = new StringBuilder();
            for (var length = random.Next(12); length > 0; length--)
                value.Append(random.Next(2) == 0 ? Odd[random.Next(Odd.Length)] : (char)random.Next(' ', '\x7f'));
            return KeyValuePair.Create($"name_{index}", value.ToString());
        })];
    }
}
