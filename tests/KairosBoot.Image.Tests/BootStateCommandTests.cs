using System.Text.Json;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>kboot assess, select and status on a mounted COS_STATE.</summary>
public class BootStateCommandTests : StateCommands
{
    [Fact]
    public void Assess_changes_only_the_named_slot()
    {
        Assert.Contains("active is good", Run(0, "assess", "good", "active"));
        Assert.Equal((3, true, 16), (Counters.Active.Left, Counters.Active.Good, Counters.Active.Image.Length));
        Assert.Contains("the next boot is passive", Run(0, "assess", "bad", "active"));
        Assert.Equal((0, 2, "active:operator"), (Counters.Active.Left, Counters.Passive.Left, Counters.Fault!.ToString()));
        Run(0, "assess", "reset", "active");
        Assert.Equal((3, 2, null), (Counters.Active.Left, Counters.Passive.Left, Counters.Fault));
    }

    [Fact]
    public void The_last_slot_with_tries_cannot_be_marked_bad()
    {
        Counters = new BootCounters { Active = new(0, false, ""), Passive = new(1, false, ""), Recovery = new(0, false, "") };
        Assert.Contains("passive is the last slot with tries left", Run(1, "assess", "bad", "passive"));
        Assert.Equal(1, Counters.Passive.Left);
    }

    [Fact]
    public void Select_chooses_a_slot_once_or_permanently_and_gives_it_tries()
    {
        Run(0, "select", "recovery", "--once");
        Assert.Equal((Slot.Recovery, Slot.Active), (Counters.Once!.Value, Counters.First));
        Counters = Counters.MarkBad(Slot.Passive, SlotFault.Damaged);
        Run(0, "select", "passive");
        Assert.Equal((Slot.Passive, 3), (Counters.First, Counters.Passive.Left));
    }

    [Theory]
    [InlineData("select", "passive")]
    [InlineData("select", "passive", "--once")]
    [InlineData("rollback")]
    [InlineData("pin", "passive")]
    public void A_slot_without_an_image_cannot_be_chosen(params string[] words)
    {
        File.Delete(PathOf("state/cOS/passive.img"));
        var before = File.ReadAllBytes(PathOf("state/bootstate"));
        var refusal = Run(1, words);
        Assert.Matches("passive (has no image|image to roll back to)", refusal);
        Assert.Contains("to fix: ", refusal);
        Assert.Equal(before, File.ReadAllBytes(PathOf("state/bootstate")));
        Run(0, "select", "active");
    }

    [Fact]
    public void Status_shows_the_slots_and_why_one_was_marked_bad()
    {
        Counters = Counters.MarkBad(Slot.Active, SlotFault.Damaged);
        File.Delete(PathOf("state/cOS/active.img"));
        var table = Run(0, "status");
        Assert.Matches(@"active +0 +no +no image\n", table);
        Assert.Matches(@"passive +2 +no +next\n", table);
        Assert.Contains("marked bad: active: its image is damaged", table);
        using var json = JsonDocument.Parse(Run(0, "status", "--json"));
        Assert.Equal("passive", json.RootElement.GetProperty("next").GetString());
        Assert.Equal(2, json.RootElement.GetProperty("slots")[1].GetProperty("triesLeft").GetInt32());
    }

    [Fact]
    public void Status_explains_a_slot_that_has_no_tries_left()
    {
        Counters = new BootCounters { Active = new(0, false, ""), Recovery = new(0, true, "") }.MarkBad(Slot.Passive, SlotFault.Damaged);
        var table = Run(0, "status");
        Assert.Matches(@"active +0 +no +no tries left: its last boots were not marked good\n", table);
        Assert.Matches(@"passive +0 +no *\n", table);
        Assert.Matches(@"recovery +0 +yes +no tries left: its last boots were not marked good\n", table);
    }

    [Fact]
    public void A_damaged_block_is_reported_and_a_reset_recreates_it()
    {
        File.WriteAllText(PathOf("state/bootstate"), new string('9', 1024));
        Assert.Contains("assessment inoperative", Run(1, "status"));
        var refused = Run(1, "assess", "good", "active");
        Assert.Contains("is not a GRUB environment block", refused);
        Assert.Contains("kboot assess reset", refused);
        Assert.Equal(new string('9', 1024), File.ReadAllText(PathOf("state/bootstate")));
        Run(0, "assess", "reset");
        Assert.Equal(new BootCounters(), Counters);
        Run(0, "select", "passive", "--once", "--state", PathOf("state/bootstate"));
        Assert.Equal(Slot.Passive, Counters.Once);
    }

    [Fact]
    public void A_missing_path_and_an_unknown_slot_are_reported()
    {
        Assert.Contains("cannot find out which slot is booted", Run(1, "assess", "good"));
        Assert.Contains("does not exist", Run(1, "status", "--state", PathOf("nowhere")));
        Run(2, "select", "aktive");
        Run(2, "select");
    }
}
