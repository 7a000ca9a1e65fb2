namespace KairosBoot.Plan.Tests;

public sealed class UpgradeRulesTests
{
    [Theory]
    [InlineData(Slot.Active, true, true, true, null, true)]
    [InlineData(Slot.Active, false, true, true, null, false)]
    [InlineData(Slot.Active, false, false, true, null, true)]
    [InlineData(Slot.Active, false, true, false, null, true)]
    [InlineData(Slot.Active, false, true, true, Slot.Active, true)]
    [InlineData(Slot.Passive, true, true, true, null, false)]
    [InlineData(Slot.Passive, true, false, true, null, true)]
    [InlineData(Slot.Passive, false, false, true, null, false)]
    [InlineData(Slot.Recovery, true, true, true, null, false)]
    [InlineData(Slot.Recovery, true, false, true, null, true)]
    [InlineData(Slot.Recovery, false, false, true, null, false)]
    [InlineData(Slot.Recovery, false, false, false, null, true)]
    [InlineData(null, true, true, true, null, false)]
    [InlineData(Slot.Active, true, true, true, Slot.Passive, false)]
    [InlineData(Slot.Recovery, true, true, true, Slot.Active, true)]
    [InlineData(Slot.Recovery, true, false, true, Slot.Passive, false)]
    public void The_active_image_becomes_passive_if_it_is_the_one_to_fall_back_to(Slot? running, bool activeGood, bool passiveGood,
        bool passiveIsThere, Slot? pinned, bool moves)
    {
        var counters = new BootCounters { Active = new(3, activeGood, ""), Passive = new(3, passiveGood, "") };
        Assert.Equal(moves, UpgradeRules.ActiveBecomesPassive(running, counters, passiveIsThere, pinned));
    }

    [Fact]
    public void A_new_image_has_all_tries_and_no_fault()
    {
        var counters = new BootCounters { Active = new(0, true, "old"), Fault = new(Slot.Active, SlotFault.Load), Once = Slot.Passive };
        var armed = counters.WithNewImage(Slot.Active, "new");
        Assert.Equal((new BootCounter(3, false, "new"), null, Slot.Passive), (armed.Active, armed.Fault, armed.Once));
    }
}
