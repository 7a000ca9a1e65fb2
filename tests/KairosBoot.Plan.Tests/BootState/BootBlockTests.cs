using System.Text;

namespace KairosBoot.Plan.Tests;

public sealed class BootBlockTests
{
    private static byte[] File(string content) => Encoding.ASCII.GetBytes(("# GRUB Environment Block\n" + content).PadRight(1024, '#'));

    private static BootCounters Odd => new()
    {
        Active = new(0, false, "none"), Passive = new(2, true, "0123456789abcdef"), Recovery = new(1, false, ""), First = Slot.Recovery,
        Once = Slot.Passive, Last = Slot.Active, Fault = new(Slot.Recovery, new string('x', 20)), Pinned = "fedcba9876543210",
    };

    [Fact]
    public void Everything_comes_back_as_it_was_written_and_the_longest_block_fits_into_a_sector()
    {
        Assert.Equal(new BootBlock(Odd, null), BootBlock.Read(BootBlock.Write(Odd)));
        Assert.Equal(new BootBlock(new BootCounters(), null), BootBlock.Read(BootBlock.Write(new BootCounters())));
        var id = new string('f', 16);
        var longest = Odd with { Active = new(3, true, id), Passive = new(3, true, id), Recovery = new(3, true, id), Once = Slot.Recovery, Last = Slot.Recovery };
        Assert.Equal(longest, BootBlock.Read(BootBlock.Write(longest)).Counters);
    }

    [Fact]
    public void Half_of_a_write_is_the_old_block_or_the_new_one()
    {
        var (old, next) = (BootBlock.Write(Odd), BootBlock.Write(Odd.CountAttempt(Slot.Passive)));
        Assert.Equal(Odd.CountAttempt(Slot.Passive), BootBlock.Read([.. next[..512], .. old[512..]]).Counters);
        Assert.Equal(Odd, BootBlock.Read([.. old[..512], .. next[512..]]).Counters);
    }

    [Fact]
    public void What_is_not_there_is_as_for_an_image_that_was_never_booted() =>
        Assert.Equal(new BootBlock(new BootCounters { Passive = new(1, false, "") }, null), BootBlock.Read(File("passive_left=1\nprefix=(hd9)/evil\n")));

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
    public void An_impossible_value_is_named_and_stands_for_none(string content, string name)
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
    public void A_file_that_is_no_block_is_said_to_be_none(int length, string problem)
    {
        var block = BootBlock.Read(Enumerable.Repeat((byte)'9', length).ToArray());
        Assert.Equal((problem, false), (block.Problem, block.Usable));
        Assert.Equal(new BootCounters(), block.Counters);
    }

    [Fact]
    public void A_reason_is_told_as_a_sentence()
    {
        Assert.Equal("active: its image is missing", SlotFault.TryParse("active:missing")!.Sentence);
        Assert.Equal("passive: of-another-version", SlotFault.TryParse("passive:of-another-version")!.Sentence);
    }
}
