using System.Text;

namespace KairosBoot.Plan.Tests;

public sealed class BootBlockTests
{
    private static byte[] File(string content) => Encoding.ASCII.GetBytes(("# GRUB Environment Block\n" + content).PadRight(1024, '#'));

    private static BootCounters Odd => new()
    {
        Active = new(0, false, "none"), Passive = new(2, true, "0123456789abcdef"), Recovery = new(1, false, ""), First = Slot.Recovery,
        Once = Slot.Passive, Last = Slot.Active, Fault = new(Slot.Recovery, new string('x', 20)), Pinned = "fedcba9876543210",
        BootId = new string('1', 32), VolumeFault = VolumeFault.Of(VolumeFault.Missing, new string('v', 60)) with { Boots = 99 }, Stops = 3,
    };

    private static BootCounters Longest => Odd with
    {
        Active = new(3, true, new string('f', 16)),
        Passive = new(3, true, new string('f', 16)),
        Recovery = new(3, true, new string('f', 16)),
        Once = Slot.Recovery,
        Last = Slot.Recovery,
    };

    [Fact]
    public void A_block_is_read_as_it_was_written_and_the_longest_fits_into_a_sector()
    {
        Assert.Equal(new BootBlock(Odd, null), BootBlock.Read(BootBlock.Write(Odd)));
        Assert.Equal(new BootBlock(new BootCounters(), null), BootBlock.Read(BootBlock.Write(new BootCounters())));
        Assert.Equal(Longest, BootBlock.Read(BootBlock.Write(Longest)).Counters);
    }

    [Fact]
    public void A_half_written_block_is_the_old_or_the_new_one()
    {
        var (old, next) = (BootBlock.Write(Odd), BootBlock.Write(Odd.CountAttempt(Slot.Passive)));
        Assert.Equal(Odd.CountAttempt(Slot.Passive), BootBlock.Read([.. next[..512], .. old[512..]]).Counters);
        Assert.Equal(Odd, BootBlock.Read([.. old[..512], .. next[512..]]).Counters);
    }

    [Fact]
    public void Missing_values_are_those_of_an_image_that_was_never_booted() =>
        Assert.Equal((new BootCounters { Passive = new(1, false, "") }, null),
            (BootBlock.Read(File("passive_left=1\nprefix=(hd9)/evil\n")).Counters,
            BootBlock.Read(File("passive_left=1\nprefix=(hd9)/evil\n")).Problem));

    [Fact]
    public void Variables_of_others_are_kept_as_far_as_they_fit()
    {
        var id = new string('e', 16);
        var file = File($"other_id=old\nactive_left=2\nactive left=1\nboot_id={new string('2', 32)}\nother_id={id}\n"
            + $"odd=a\\\\b\nlong={new string('x', 300)}\nlast=1\n");
        var before = BootBlock.Read(file);
        var after = BootBlock.Read(before.With(Longest).Write());
        Assert.Equal(Longest, after.Counters);
        Assert.Equal($"other_id={id} odd=a\\b last=1", string.Join(' ', after.Others.Select(other => $"{other.Key}={other.Value}")));
    }

    [Theory]
    [InlineData("active_left=9\nactive_ok=1\n", "active_left")]
    [InlineData("active_left=\nactive_ok=1\npassive_left=-1\n", "passive_left")]
    [InlineData("active_left=3 \nactive_ok=1\n", "active_left")]
    [InlineData("active_ok=1\nrecovery_ok=yes\n", "recovery_ok")]
    [InlineData("active_ok=1\nnext_slot=Active\n", "next_slot")]
    [InlineData("active_ok=1\nfirst_slot=none\n", "first_slot")]
    [InlineData("active_ok=1\nfail=active\n", "fail")]
    [InlineData("active_ok=1\nfail=active:\n", "fail")]
    [InlineData("active_ok=1\nfail=active:Rm -rf\n", "fail")]
    [InlineData("active_ok=1\nactive_id=../../etc\n", "active_id")]
    [InlineData("active_ok=1\nactive_id=00112233445566778\n", "active_id")]
    [InlineData("active_ok=1\npinned=none\n", "pinned")]
    [InlineData("active_ok=1\nstops=4\n", "stops")]
    [InlineData("active_ok=1\nvol_fail=missing:LABEL=DATA\n", "vol_fail")]
    [InlineData("active_ok=1\nvol_fail=0:missing:LABEL=DATA\n", "vol_fail")]
    [InlineData("active_ok=1\nvol_fail=3:missing:two words\n", "vol_fail")]
    public void An_invalid_value_is_reported_and_ignored(string content, string name)
    {
        var block = BootBlock.Read(File(content));
        Assert.Equal("has invalid values: " + name, block.Problem);
        Assert.True(block.Usable);
        Assert.Equal(new BootCounters { Active = new(3, true, "") }, block.Counters);
    }

    [Theory]
    [InlineData(0, "is 0 bytes long instead of 1024")]
    [InlineData(512, "is 512 bytes long instead of 1024")]
    [InlineData(1025, "is 1025 bytes long instead of 1024")]
    [InlineData(1024, "is not a GRUB environment block")]
    public void A_file_that_is_not_a_block_is_reported(int length, string problem)
    {
        var block = BootBlock.Read(Enumerable.Repeat((byte)'9', length).ToArray());
        Assert.Equal((problem, false), (block.Problem, block.Usable));
        Assert.Equal(new BootCounters(), block.Counters);
    }

    [Fact]
    public void A_reason_is_shown_as_a_sentence()
    {
        Assert.Equal("active: its image is missing", SlotFault.TryParse("active:missing")!.Sentence);
        Assert.Equal("passive: of-another-version", SlotFault.TryParse("passive:of-another-version")!.Sentence);
    }
}
