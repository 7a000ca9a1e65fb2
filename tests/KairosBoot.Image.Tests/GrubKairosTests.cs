using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>GRUB, running the menu, follows what Kairos' tools write to /grubenv on COS_OEM, within the rules of this menu.</summary>
public class GrubKairosTests : Scratch
{
    [Theory]
    [InlineData("cos", "active")]
    [InlineData("fallback", "passive")]
    [InlineData("recovery", "recovery")]
    [InlineData("statereset", "recovery")]
    [InlineData("passive", "passive")]
    [InlineData("2", "recovery")]
    public void The_next_entry_is_started_once_and_then_removed(string entry, string slot)
    {
        var run = Prepare(("next_entry", entry), ("saved_entry", ""));
        var end = run.Run(new BootCounters());
        Assert.Equal(("started", slot, "oneshot", "2"),
            (end.End, end.Word("kairosboot.slot"), end.Word("kairosboot.why"), end.Word("kairosboot.tries")));
        Assert.Equal(entry == "statereset", end.Words.Contains("kairos.reset"));
        Assert.Equal("", EnvironmentBlock.TryParse(run.KairosEnvironment())?["next_entry"]);
        var second = run.Run(end.Block);
        Assert.Equal(("active", "order"), (second.Word("kairosboot.slot"), second.Word("kairosboot.why")));
        Assert.DoesNotContain("kairos.reset", second.Words);
    }

    [Theory]
    [InlineData("remoterecovery")]
    [InlineData("x\" ]; reboot; #")]
    public void An_unknown_entry_is_removed_and_changes_nothing(string entry)
    {
        var run = Prepare(("next_entry", entry), ("saved_entry", entry));
        var end = run.Run(new BootCounters());
        Assert.Equal(("started", "active", "order"), (end.End, end.Word("kairosboot.slot"), end.Word("kairosboot.why")));
        Assert.Equal("", EnvironmentBlock.TryParse(run.KairosEnvironment())?["next_entry"]);
    }

    [Fact]
    public void An_entry_that_cannot_be_removed_is_not_started()
    {
        // GRUB cannot write a file with holes.
        var end = Prepare(prepare: "truncate -s 8192 oem/grubenv", variables: [("next_entry", "statereset")]).Run(new BootCounters());
        Assert.Equal(("active", "order"), (end.Word("kairosboot.slot"), end.Word("kairosboot.why")));
        Assert.DoesNotContain("kairos.reset", end.Words);
    }

    [Fact]
    public void The_choice_of_kboot_comes_before_the_next_entry()
    {
        var run = Prepare(("next_entry", "recovery"));
        var first = run.Run(new BootCounters { Once = Slot.Passive });
        Assert.Equal("passive", first.Word("kairosboot.slot"));
        Assert.Equal("recovery", run.Run(first.Block).Word("kairosboot.slot"));
    }

    [Theory]
    [InlineData("cos", "active", Slot.Active)]
    [InlineData("fallback", "passive", Slot.Passive)]
    [InlineData("recovery", "recovery", Slot.Recovery)]
    [InlineData("statereset", "recovery", Slot.Recovery)]
    public void The_saved_entry_becomes_the_first_slot_and_is_counted(string entry, string slot, Slot first)
    {
        var run = Prepare(("saved_entry", entry));
        var end = run.Run(new BootCounters { First = Slot.Passive });
        Assert.Equal((slot, "order", "2"), (end.Word("kairosboot.slot"), end.Word("kairosboot.why"), end.Word("kairosboot.tries")));
        Assert.DoesNotContain("kairos.reset", end.Words);
        Assert.Equal(first, BootBlock.Read(end.Block).Counters.First);
        Assert.Equal("", EnvironmentBlock.TryParse(run.KairosEnvironment())?["saved_entry"]);
        // It uses up its tries as each first slot does.
        var left = run.Run(run.Run(end.Block).Block);
        Assert.NotEqual(slot, run.Run(left.Block).Word("kairosboot.slot"));
    }

    [Fact]
    public void Arguments_of_all_slots_and_of_the_slot_are_passed_before_those_of_kboot()
    {
        string[] names = ["extra_cmdline", "extra_active_cmdline", "extra_passive_cmdline", "extra_recovery_cmdline"];
        var run = Prepare([.. names.Select(name => (name, $"of={name} second"))]);
        foreach (var slot in Enum.GetValues<Slot>())
        {
            var end = run.Run(new BootCounters { Once = slot });
            Assert.Equal(["kairosboot.grubenv=used", "of=extra_cmdline", "second", $"of=extra_{slot.Name()}_cmdline", "second"],
                end.Words[^5..]);
        }
    }

    [Fact]
    public void The_last_try_is_without_them()
    {
        var end = Prepare(("extra_cmdline", "init=/bad")).Run(new BootCounters { Active = new(1, false, "") });
        Assert.Equal("kairosboot.grubenv=last-try", end.Words[^1]);
    }

    [Fact]
    public void Each_word_is_used_exactly_if_kboot_kargs_would_accept_it()
    {
        string[] words =
        [
            "loglevel=7", "quiet", "rd.immucore.debug", "console=ttyS1,115200", "kairos.reset", "panic=5", "panic=60", "a=b=c", "x]y",
            "[x]",
            "(y)", "a^b", "-x", "--x", "--set=1:state", "-h", "#c",
            "@d", "%e", "~f", "&g", "<h>", "i;j", "k!", "rooted=1", "init=/sbin/init",
            "root=/dev/sda1", "root", "initrd=/x", "rdinit=/x", "BOOT_IMAGE=x", "cos-img/filename=/x", "kairosboot.slot=passive",
            "kairosboot.tries=3", "kairosboot.env=ok", "kairosboot.disk=1", "kairosboot.id=0", "kairosboot.kexec=active",
            "kairosboot.kargs=1/", "kairosboot.why=order", "--", "panic", "panic=", "panic=0", "rd.immucore.uki", "rd.cos.uki", "=x",
            "q\"uote", "q'uote", "dollar$x", "back\\slash", "brace{", "pipe|", "star*", "question?", "back`tick", "ä",
        ];
        var expected = words.Where(word => Karg.Problem(word) is null).ToArray();
        Assert.InRange(expected.Length, 20, words.Length - 20);
        var passed = new List<string>();
        foreach (var chunk in words.Chunk(20))
        {
            var end = Prepare(("extra_cmdline", string.Join(' ', chunk))).Run(new BootCounters());
            Assert.Equal("started", end.End);
            passed.AddRange(end.Words[(Array.FindIndex(end.Words, word => word.StartsWith("kairosboot.grubenv=")) + 1)..]);
        }

        Assert.Equal(expected, passed);
    }

    [Theory]
    [InlineData(399, "used")]
    [InlineData(400, "refused")]
    public void A_text_that_is_too_long_for_the_command_line_is_left_out(int length, string result)
    {
        var end = Prepare(("extra_cmdline", new string('a', length))).Run(new BootCounters());
        Assert.Equal(("started", result), (end.End, end.Word("kairosboot.grubenv")));
    }

    [Theory]
    [InlineData("echo garbage > oem/grubenv")]
    [InlineData(": > oem/grubenv")]
    [InlineData("rm oem/grubenv; mkdir oem/grubenv")]
    [InlineData("rm -r oem")]
    public void Without_a_valid_file_the_machine_boots_as_before(string prepare)
    {
        var end = Prepare(prepare: prepare, variables: [("next_entry", "recovery")]).Run(new BootCounters());
        Assert.Equal(("started", "active", null), (end.End, end.Word("kairosboot.slot"), end.Word("kairosboot.grubenv")));
    }

    [Fact]
    public void Other_variables_are_not_read()
    {
        var end = Prepare(("state", "hd9"), ("default", "2"), ("active_left", "0"), ("boot_args", "init=/x"), ("disk_args", "x"),
            ("image_kargs", "y"), ("kargs", "z")).Run(new BootCounters());
        Assert.Equal(("started", "active"), (end.End, end.Word("kairosboot.slot")));
        Assert.Empty(end.Words.Intersect(["init=/x", "x", "y", "z"]));
    }

    private GrubRun Prepare(params (string Name, string Value)[] variables) => Prepare(":", variables);

    private GrubRun Prepare(string prepare, (string Name, string Value)[] variables)
    {
        var directory = Directory.CreateDirectory(PathOf(Guid.NewGuid().ToString("N"))).FullName;
        Directory.CreateDirectory(directory + "/oem");
        File.WriteAllBytes(directory + "/oem/grubenv",
            new EnvironmentBlock([.. variables.Select(variable => KeyValuePair.Create(variable.Name, variable.Value))]).ToBytes(2048));
        return new GrubRun(directory, prepare: prepare);
    }
}
