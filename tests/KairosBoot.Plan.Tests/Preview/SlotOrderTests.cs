namespace KairosBoot.Plan.Tests;

/// <summary>Which slot boots next, and which follow.</summary>
public sealed class SlotOrderTests
{
    private static BootCounters Tries(int active, int passive, int recovery) => new()
    {
        Active = new(active, true, "a"), Passive = new(passive, true, "b"), Recovery = new(recovery, false, "c"),
    };

    private static string Text(BootCounters counters) => string.Join('\n', SlotOrder.Of(counters)
        .Select(turn => $"{turn.Slot.Name()} {turn.TriesLeft} {turn.Reason}{(turn.IsSkipped ? " -" : "")}"));

    [Fact]
    public void The_order_starts_with_the_first_slot_that_has_tries()
    {
        Assert.Equal("active 3 next: the first in the order\npassive 2 if active is not marked good\n" +
            "recovery 1 if passive is not marked good", Text(Tries(3, 2, 1)));
        Assert.Equal("passive 3 next: active has no tries left\nrecovery 3 if passive is not marked good\n" +
            "active 0 skipped: it has no tries left -", Text(Tries(0, 3, 3)));
        Assert.Equal("passive 3 next: the first in the order\nactive 3 if passive is not marked good\n" +
            "recovery 3 if active is not marked good", Text(Tries(3, 3, 3) with { First = Slot.Passive }));
    }

    [Fact]
    public void A_slot_that_is_marked_bad_or_has_no_image_is_skipped_with_the_reason()
    {
        var counters = Tries(3, 0, 0).MarkBad(Slot.Active, SlotFault.Damaged);
        Assert.Equal("active 0 skipped: its image is damaged -\npassive 0 skipped: it has no image -\n" +
            "recovery 0 skipped: it has no tries left -", Text(counters.With(Slot.Passive, new(0, false, BootCounter.NoImage))));
    }

    [Fact]
    public void A_slot_that_is_selected_once_is_next_and_the_order_follows()
    {
        Assert.Equal("recovery 3 next, once: it was selected\nactive 3 if recovery is not marked good\n" +
            "passive 3 if active is not marked good", Text(Tries(3, 3, 3) with { Once = Slot.Recovery }));
        // The loader continues the order by itself after an initrd that it could not read.
        var continued = Tries(3, 3, 3) with { Once = Slot.Passive, Last = Slot.Active, Fault = new(Slot.Active, SlotFault.Initrd) };
        Assert.StartsWith("passive 3 next, after a slot whose initrd could not be read\n", Text(continued));
    }

    // The first slot is the one that the loader starts, and the rest is what it starts when that slot fails each time.
    [Fact]
    public void The_order_is_that_of_the_loader_for_all_counters()
    {
        foreach (var first in (Slot[])[Slot.Active, Slot.Passive, Slot.Recovery])
        {
            for (var tries = 0; tries < 64; tries++)
            {
                var counters = Tries(tries % 4, tries / 4 % 4, tries / 16) with { First = first };
                var started = new List<Slot>();
                var boot = LoaderPolicy.Decide(counters, _ => LoadResult.All);
                for (; boot.End == LoaderEnd.Starts; boot = LoaderPolicy.Decide(boot.Counters, _ => LoadResult.All))
                    started.Add(boot.Slot!.Value);
                Assert.Equal(started.Distinct(), SlotOrder.Of(counters).Where(turn => !turn.IsSkipped).Select(turn => turn.Slot));
            }
        }
    }
}
