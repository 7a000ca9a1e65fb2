using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Makes sure that one attempt is counted, by the loader or here, and chooses the slot where the loader did not. Before: the kernel runs, and the
/// counters were read. After: what has to be written, and the slot to boot. kairos-boot acts on exactly this; the tests run it through every state.
/// </summary>
public static class SlotPolicy
{
    public const string Inoperative = "assessment inoperative: ";

    /// <param name="request">What the loader said, about the slot that is to boot.</param>
    /// <param name="block">The counters as they are on the disk.</param>
    /// <param name="images">Ids of the images in the slots that were looked at; null where a slot has none.</param>
    /// <param name="isChosen">An earlier attempt of this boot chose the slot: it stays chosen.</param>
    public static SlotDecision Decide(BootRequest request, BootBlock block, ImmutableArray<(Slot Slot, string? Image)> images, bool isChosen)
    {
        var slot = request.Slot;
        if (!block.Usable) return WithoutCounters(request, block, images);
        var notes = ImmutableArray.CreateBuilder<(StepClass, string)>();
        if (request.LoaderCounters == "ro")
            notes.Add((StepClass.Degraded, Inoperative + "the loader cannot write the boot counters; they are kept from here on only"));
        var before = block.Counters;
        if (request.TriesLeft == before[slot].Left)
            return new(slot, before.SyncWithImagesWhileBooting(slot, images), request.KexecFrom is null ? CountedBy.Loader : CountedBy.Initrd) { Notes = notes.ToImmutable() };
        if (request.TriesLeft is { } told)
            notes.Add((StepClass.Degraded, $"{Inoperative}{slot.Name()} was to have {told} tries left when this kernel was started, and there are {before[slot].Left}"));
        return Choose(request, before.SyncWithImages(images), isChosen) with { Notes = notes.ToImmutable() };
    }

    // A machine without counters boots on; one whose loader looked for them gets new ones.
    private static SlotDecision WithoutCounters(BootRequest request, BootBlock block, ImmutableArray<(Slot Slot, string? Image)> images)
    {
        if (request.LoaderCounters is null) return new(request.Slot, null, CountedBy.None);
        var text = $"{Inoperative}{SystemPaths.BootState} on {SystemPaths.StateLabel} {block.Problem}; it is made anew";
        return new(request.Slot, new BootCounters().Take(request.Slot).SyncWithImagesWhileBooting(request.Slot, images), CountedBy.Initrd) { Notes = [(StepClass.Degraded, text)] };
    }

    private static SlotDecision Choose(BootRequest request, BootCounters counters, bool isChosen)
    {
        // Another kernel of this boot chose before, and an image with a name of its own is in no slot's place.
        if (isChosen || request.KexecFrom is not null || !request.IsSlotsOwnImage)
            return new(request.Slot, counters.Take(request.Slot), CountedBy.Initrd);
        var chosen = counters.NextForUncounted(request.Slot, request.LoaderReadsCounters);
        var why = chosen != counters.Next ? null : counters.Once is null ? "order" : "oneshot";
        return new(chosen, chosen is { } next ? counters.Take(next) : counters.Refill(), CountedBy.Initrd) { Why = why };
    }
}
