using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Makes sure that one attempt is counted, by the loader or here, and chooses the slot if the loader did not. Before: the kernel runs,
/// and the counters were read. After: the counters to write and the slot to boot. kairos-boot acts on exactly this decision; the tests
/// run it through every state.
/// </summary>
public static class SlotPolicy
{
    public const string Inoperative = "assessment inoperative: ";

    /// <param name="request">What the loader reported about the slot to boot.</param>
    /// <param name="block">The counters on the disk.</param>
    /// <param name="images">Ids of the images in the slots that were examined; null: the slot has no image.</param>
    /// <param name="isChosen">An earlier attempt of this boot chose the slot: keep it.</param>
    public static SlotDecision Decide(BootRequest request, BootBlock block, ImmutableArray<(Slot Slot, string? Image)> images,
        bool isChosen)
    {
        var slot = request.Slot;
        if (!block.Usable) return WithoutCounters(request, block, images);
        var notes = ImmutableArray.CreateBuilder<(StepClass, string)>();
        if (request.LoaderCounters == CounterAccess.ReadOnly)
            notes.Add((StepClass.Degraded, Inoperative + "the loader cannot write the boot counters; only kairos-boot counts attempts"));
        var before = block.Counters;
        var difference = LoaderTrace.Difference(request, block);
        if (difference is null && request.TriesLeft is not null)
        {
            var countedBy = request.KexecFrom is null ? CountedBy.Loader : CountedBy.Initrd;
            return new(slot, before.SyncWithImagesWhileBooting(slot, images), countedBy) { Notes = notes.ToImmutable() };
        }
        if (difference is not null) notes.Add((StepClass.Degraded, Inoperative + difference));
        return Choose(request, before.SyncWithImages(images), isChosen) with { Notes = notes.ToImmutable() };
    }

    // A machine without counters continues to boot. If its loader looked for them, or if they cannot be read, they are recreated.
    private static SlotDecision WithoutCounters(BootRequest request, BootBlock block, ImmutableArray<(Slot Slot, string? Image)> images)
    {
        if (request.LoaderCounters is null && block.IsMissing) return new(request.Slot, null, CountedBy.None);
        var text = $"{Inoperative}{SystemPaths.BootState} on {SystemPaths.StateLabel} {block.Problem}; it is recreated";
        var counters = new BootCounters().CountAttempt(request.Slot).SyncWithImagesWhileBooting(request.Slot, images);
        return new(request.Slot, counters, CountedBy.Initrd) { Notes = [(StepClass.Degraded, text)] };
    }

    private static SlotDecision Choose(BootRequest request, BootCounters counters, bool isChosen)
    {
        // After kexec, the kernel before this one chose the slot. Without a slot's image there is nothing to choose.
        if (isChosen || request.KexecFrom is not null || !request.IsSlotImage)
            return new(request.Slot, counters.CountAttempt(request.Slot), CountedBy.Initrd);
        var chosen = counters.NextForUncounted(request.Slot, request.LoaderReadsCounters);
        ChoiceReason? why = chosen != counters.Next ? null : counters.NextReason;
        return new(chosen, chosen is { } next ? counters.CountAttempt(next) : counters.Stop(), CountedBy.Initrd) { Why = why };
    }
}
