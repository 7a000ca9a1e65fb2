using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>kboot rollback, pin and unpin on a mounted COS_STATE.</summary>
public class RollbackTests : StateCommands
{
    [Fact]
    public void A_rollback_makes_the_other_slot_first_and_the_next_one_reverts_it()
    {
        Assert.Contains("passive is booted first", Run(0, "rollback"));
        Assert.Equal((Slot.Passive, 2), (Counters.Next!.Value, Counters.Passive.Left));
        Assert.Contains("active is booted first", Run(0, "rollback"));
        Assert.Equal(Slot.Active, Counters.Next);
    }

    [Fact]
    public void A_rollback_to_a_missing_or_bad_image_is_refused()
    {
        Counters = Counters.MarkBad(Slot.Passive, SlotFault.Damaged);
        Assert.Contains("passive is marked bad (passive: its image is damaged): a rollback would boot active", Run(1, "rollback"));
        Run(0, "assess", "reset", "passive");
        File.Delete(PathOf("state/cOS/passive.img"));
        Assert.Contains("there is no passive image", Run(1, "rollback"));
        Assert.Equal(Slot.Active, Counters.First);
    }

    [Fact]
    public void Status_shows_a_pinned_image_until_it_is_unpinned()
    {
        Assert.Contains("is pinned", Run(0, "pin", "passive"));
        Assert.Equal(16, Counters.Pinned.Length);
        Assert.Matches("passive .*pinned", Run(0, "status"));
        Run(0, "assess", "good", "active");
        Assert.Matches("passive .*pinned", Run(0, "status"));
        Run(0, "unpin");
        Assert.DoesNotContain("pinned\n", Run(0, "status"));
        Assert.Contains("recovery cannot be pinned", Run(1, "pin", "recovery"));
        Assert.Contains("cannot find out", Run(1, "pin"));
    }
}
