using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>A slot in the order in which boots reach it.</summary>
/// <param name="slot">The slot.</param>
/// <param name="triesLeft">How often it may still be booted.</param>
/// <param name="reason">Why it is reached, or why it is skipped, as a phrase.</param>
/// <param name="isSkipped">No boot reaches it until it has tries again.</param>
public sealed class SlotTurn(Slot slot, int triesLeft, string reason, bool isSkipped)
{
    public Slot Slot => slot;
    public int TriesLeft => triesLeft;
    public string Reason => reason;
    public bool IsSkipped => isSkipped;
}

/// <summary>Which slot boots next by the counters, and which follow if no boot of it is marked good.</summary>
public static class SlotOrder
{
    /// <summary>Skipped slots come last.</summary>
    public static ImmutableArray<SlotTurn> Of(BootCounters counters)
    {
        var (turns, skipped) = (ImmutableArray.CreateBuilder<SlotTurn>(), ImmutableArray.CreateBuilder<SlotTurn>());
        var before = counters.Next;
        if (before is { } next) turns.Add(new(next, counters[next].Left, ReasonOf(counters, next), isSkipped: false));
        foreach (var slot in counters.Order)
        {
            var left = counters[slot].Left;
            // A selection for one boot does not use up the slot's place in the order.
            if (slot == counters.Next && counters.Once is null) continue;
            if (left == 0)
            {
                if (slot != counters.Next) skipped.Add(new(slot, 0, SkippedBecause(counters, slot), isSkipped: true));
                continue;
            }

            if (slot != counters.Next) turns.Add(new(slot, left, $"if {before?.Name()} is not marked good", isSkipped: false));
            before = slot;
        }

        turns.AddRange(skipped);
        return turns.ToImmutable();
    }

    /// <summary>What happens when no slot is left, as a sentence.</summary>
    public static string End(BootCounters counters) =>
        $"then the machine stops for {counters.Stop().StopMinutes.ToString()} min and starts again with all tries";

    private static string ReasonOf(BootCounters counters, Slot slot)
    {
        if (counters.NextReason == ChoiceReason.OneShot) return "next, once: it was selected";
        if (counters.Once is not null) return "next, after a slot whose initrd could not be read";
        return slot == counters.First ? "next: the first in the order" : $"next: {counters.First.Name()} has no tries left";
    }

    private static string SkippedBecause(BootCounters counters, Slot slot)
    {
        if (counters[slot].Image == BootCounter.NoImage) return "skipped: it has no image";
        return counters.Fault is { } fault && fault.Slot == slot
            ? "skipped: " + fault.Sentence[(slot.Name().Length + 2)..] : "skipped: it has no tries left";
    }
}
