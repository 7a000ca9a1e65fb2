using System.Text.Json;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>kboot assess, select and status on a mounted COS_STATE.</summary>
public class BootStateCommandTests : StateCommands
{
    [Fact]
    public void Verdicts_change_the_slot_they_are_about()
    {
        Assert.Contains("active is good", Run(0, "assess", "good", "active"));
        Assert.Equal((3, true, 16), (Counters.Active.Left, Counters.Active.Good, Counters.Active.Image.Length));
        Assert.Contains("next is passive", Run(0, "assess", "bad", "active"));
        Assert.Equal((0, 2, "active:operator"), (Counters.Active.Left, Counters.Passive.Left, Counters.Fault!.ToString()));
        Run(0, "assess", "reset", "active");
        Assert.Equal((3, 2, null), (Counters.Active.Left, Counters.Passive.Left, Counters.Fault));
    }

    [Fact]
    public void The_last_slot_with_tries_is_not_given_up()
    {
        Counters = new BootCounters { Active = new(0, false, ""), Passive = new(1, false, ""), Recovery = new(0, false, "") };
        Assert.Contains("passive is the last slot that has tries", Run(1, "assess", "bad", "passive"));
        Assert.Equal(1, Counters.Passive.Left);
    }

    [Fact]
    public void A_slot_is_chosen_once_or_from_now_on_and_has_tries_then()
    {
        Run(0, "select", "recovery", "--once");
        Assert.Equal((Slot.Recovery, Slot.Active), (Counters.Once!.Value, Counters.First));
        Counters = Counters.MarkBad(Slot.Passive, SlotFault.Damaged);
        Run(0, "select", "passive");
        Assert.Equal((Slot.Passive, 3), (Counters.First, Counters.Passive.Left));
    }

    [Fact]
    public void Status_shows_the_slots_and_what_became_of_them()
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
    public void Status_says_of_a_slot_without_tries_and_without_a_verdict_that_it_never_reported_good()
    {
        Counters = new BootCounters { Active = new(0, false, ""), Recovery = new(0, true, "") }.MarkBad(Slot.Passive, SlotFault.Damaged);
        var table = Run(0, "status");
        Assert.Matches(@"active +0 +no +no tries left: its last boots were not marked good\n", table);
        Assert.Matches(@"passive +0 +no *\n", table);
        Assert.Matches(@"recovery +0 +yes +no tries left: its last boots were not marked good\n", table);
    }

    [Fact]
    public void A_damaged_block_is_named_and_a_reset_makes_it_anew()
    {
        File.WriteAllText(PathOf("state/bootstate"), new string('9', 1024));
        Assert.Contains("assessment inoperative", Run(0, "status"));
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
    public void What_is_missing_or_misspelt_is_said()
    {
        Assert.Contains("cannot find out which slot is booted", Run(1, "assess", "good"));
        Assert.Contains("does not exist", Run(1, "status", "--state", PathOf("nowhere")));
        Run(2, "select", "aktive");
        Run(2, "select");
    }
}
