using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>kboot rollback, pin and unpin on a mounted COS_STATE.</summary>
public class RollbackTests : StateCommands
{
    [Fact]
    public void The_other_image_is_first_from_now_on_and_back_again()
    {
        Assert.Contains("passive is booted first", Run(0, "rollback"));
        Assert.Equal((Slot.Passive, 2), (Counters.Next!.Value, Counters.Passive.Left));
        Assert.Contains("active is booted first", Run(0, "rollback"));
        Assert.Equal(Slot.Active, Counters.Next);
    }

    [Fact]
    public void There_is_no_way_back_to_an_image_that_is_gone_or_was_given_up()
    {
        Counters = Counters.MarkBad(Slot.Passive, SlotFault.Damaged);
        Assert.Contains("passive is marked bad (passive: its image is damaged): a rollback would boot active", Run(1, "rollback"));
        Run(0, "assess", "reset", "passive");
        File.Delete(PathOf("state/cOS/passive.img"));
        Assert.Contains("there is no passive image", Run(1, "rollback"));
        Assert.Equal(Slot.Active, Counters.First);
    }

    [Fact]
    public void A_pinned_image_is_shown_as_such_until_it_is_not()
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
