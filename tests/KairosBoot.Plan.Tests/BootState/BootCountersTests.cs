namespace KairosBoot.Plan.Tests;

public sealed class BootCountersTests
{
    private const string A = "aaaaaaaaaaaaaaaa", B = "bbbbbbbbbbbbbbbb", C = "cccccccccccccccc";

    private static BootCounters Counters(int active, int passive, int recovery) => new()
    {
        Active = new(active, true, A), Passive = new(passive, true, B), Recovery = new(recovery, false, C),
    };

    [Theory]
    [InlineData(3, 3, 3, "active")]
    [InlineData(0, 3, 3, "passive")]
    [InlineData(0, 0, 1, "recovery")]
    [InlineData(1, 0, 0, "active")]
    [InlineData(0, 0, 0, null)]
    public void The_first_slot_in_order_that_has_tries_is_next(int active, int passive, int recovery, string? slot) =>
        Assert.Equal(slot, Counters(active, passive, recovery).Next?.Name());

    [Fact]
    public void A_wish_for_one_boot_is_for_one_boot()
    {
        var wish = Counters(3, 0, 3) with { Once = Slot.Passive };
        Assert.Equal(Slot.Passive, wish.Next);
        Assert.Equal(Slot.Active, wish.CountAttempt(Slot.Passive).Next);
        Assert.Equal(0, wish.CountAttempt(Slot.Passive).Passive.Left);
        Assert.Null((Counters(3, 3, 3) with { Once = Slot.Recovery }).MarkBad(Slot.Recovery, SlotFault.Damaged).Once);
    }

    [Theory]
    // A loader that knows nothing of the counters: its active is the usual order, another slot a wish for as long as it has tries.
    [InlineData(Slot.Active, false, 3, 3, 3, null, "active")]
    [InlineData(Slot.Active, false, 0, 3, 3, null, "passive")]
    [InlineData(Slot.Active, false, 0, 0, 1, null, "recovery")]
    [InlineData(Slot.Active, false, 0, 0, 0, null, null)]
    [InlineData(Slot.Passive, false, 3, 1, 3, null, "passive")]
    [InlineData(Slot.Passive, false, 3, 0, 3, null, "active")]
    [InlineData(Slot.Recovery, false, 3, 3, 0, null, "active")]
    [InlineData(Slot.Recovery, false, 0, 0, 0, null, null)]
    [InlineData(Slot.Active, false, 3, 3, 3, Slot.Recovery, "recovery")]
    [InlineData(Slot.Passive, false, 0, 3, 0, Slot.Recovery, "recovery")]
    // One that chose by them and cannot write: what it passed over it could not load.
    [InlineData(Slot.Active, true, 1, 3, 3, Slot.Recovery, "active")]
    [InlineData(Slot.Passive, true, 3, 1, 3, null, "passive")]
    [InlineData(Slot.Recovery, true, 3, 3, 0, Slot.Recovery, "recovery")]
    [InlineData(Slot.Active, true, 0, 2, 3, null, "passive")]
    [InlineData(Slot.Active, true, 0, 0, 0, null, null)]
    public void Where_no_loader_has_taken_a_try_the_counters_choose(Slot started, bool byCounters, int active, int passive, int recovery, Slot? once, string? slot)
    {
        var counters = Counters(active, passive, recovery) with { Once = once };
        Assert.Equal(slot, counters.NextForUncounted(started, byCounters)?.Name());
        // The order is that which was chosen for good.
        if (once is null && active == 3 && started == Slot.Active && !byCounters)
            Assert.Equal(Slot.Passive, (counters with { First = Slot.Passive }).NextForUncounted(started, byCounters));
    }

    [Fact]
    public void A_slot_is_handed_to_the_loader_only_while_that_cannot_loop()
    {
        Assert.Equal(Counters(0, 3, 3) with { Once = Slot.Passive }, Counters(0, 2, 3).HandToLoader(Slot.Passive, loaderCounts: true));
        Assert.Equal(Counters(0, 2, 3) with { Once = Slot.Passive }, Counters(0, 2, 3).HandToLoader(Slot.Passive, loaderCounts: false));
        Assert.Null(Counters(0, 0, 3).HandToLoader(Slot.Passive, loaderCounts: false));
    }

    [Fact]
    public void The_order_begins_with_the_slot_that_was_chosen_for_good()
    {
        Assert.Equal(Slot.Passive, (Counters(3, 3, 3) with { First = Slot.Passive }).Next);
        Assert.Equal(Slot.Active, (Counters(3, 0, 3) with { First = Slot.Passive }).Next);
        Assert.Equal(Slot.Active, (Counters(3, 3, 0) with { First = Slot.Recovery }).Next);
    }

    [Fact]
    public void A_good_boot_gives_its_own_slot_its_tries_back_and_no_other_one()
    {
        var fallen = Counters(1, 2, 3).MarkBad(Slot.Active, SlotFault.Damaged);
        Assert.Equal(new SlotFault(Slot.Active, "damaged"), fallen.Fault);
        var good = fallen.MarkGood(Slot.Passive);
        Assert.Equal((0, 3, false, true), (good.Active.Left, good.Passive.Left, good.Active.Good, good.Passive.Good));
        Assert.NotNull(good.Fault);
        Assert.Equal(Slot.Passive, good.Next);
        Assert.Null(good.MarkGood(Slot.Active).Fault);
        Assert.Equal(new BootCounter(3, false, A), good.Reset(Slot.Active).Active);
    }

    [Fact]
    public void A_new_image_gets_all_its_tries_and_the_others_keep_theirs()
    {
        var fallen = Counters(1, 2, 3).MarkBad(Slot.Active, SlotFault.Damaged);
        var repaired = fallen.SyncWithImages([(Slot.Active, C + C), (Slot.Passive, B)]);
        Assert.Equal(new BootCounter(3, false, C + C), repaired.Active);
        Assert.Equal(fallen.Passive, repaired.Passive);
        Assert.Null(repaired.Fault);
        Assert.Equal(fallen, fallen.SyncWithImages([(Slot.Active, A), (Slot.Passive, B)]));
    }

    [Fact]
    public void An_image_that_was_never_looked_at_keeps_the_tries_it_has() =>
        Assert.Equal(new BootCounter(2, false, A), new BootCounters { Active = new(2, false, "") }.SyncWithImages([(Slot.Active, A)]).Active);

    [Fact]
    public void An_upgrade_that_renames_active_to_passive_takes_the_counter_along()
    {
        var upgraded = Counters(2, 1, 3).SyncWithImages([(Slot.Active, C + C), (Slot.Passive, A)]);
        Assert.Equal(new BootCounter(3, false, C + C), upgraded.Active);
        Assert.Equal(new BootCounter(2, true, A), upgraded.Passive);
    }

    [Fact]
    public void The_boot_that_meets_a_new_image_is_its_first_try()
    {
        // The loader took a try from the counter of the image that was there before.
        var taken = Counters(1, 3, 3).CountAttempt(Slot.Active);
        Assert.Equal(2, taken.SyncWithImagesWhileBooting(Slot.Active, [(Slot.Active, C + C), (Slot.Passive, B)]).Active.Left);
        // The image before it moved to passive: that try was not its own.
        Assert.Equal(1, taken.SyncWithImagesWhileBooting(Slot.Active, [(Slot.Active, C + C), (Slot.Passive, A)]).Passive.Left);
        Assert.Equal(taken, taken.SyncWithImagesWhileBooting(Slot.Active, [(Slot.Active, A), (Slot.Passive, B)]));
        Assert.Equal(Counters(3, 3, 3), Counters(3, 3, 3).SyncWithImagesWhileBooting(Slot.Active, [(Slot.Active, A), (Slot.Passive, B)]));
    }

    [Fact]
    public void A_slot_without_an_image_has_no_tries_until_there_is_one_again()
    {
        var gone = Counters(3, 3, 3).SyncWithImages([(Slot.Active, null), (Slot.Passive, B)]);
        Assert.Equal((0, "active:missing", Slot.Passive), (gone.Active.Left, gone.Fault!.ToString(), gone.Next!.Value));
        Assert.Equal(gone, gone.SyncWithImages([(Slot.Active, null), (Slot.Passive, B)]));
        Assert.Equal(new BootCounter(3, false, A), gone.SyncWithImages([(Slot.Active, A), (Slot.Passive, B)]).Active);
    }

    [Fact]
    public void After_a_stop_everything_is_tried_again() => Assert.Equal(Counters(3, 3, 3), Counters(0, 0, 0).Refill());
}
