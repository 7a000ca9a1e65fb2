namespace KairosBoot.Plan;

/// <summary>Why another slot runs than the first in the order, although no operator selected it for one boot.</summary>
public static class FallbackReason
{
    /// <summary>Null: the first slot runs, or an operator selected this one.</summary>
    /// <param name="counters">The counters before the boot is marked good.</param>
    /// <param name="slot">The slot that runs.</param>
    /// <param name="why">Why the counters chose it.</param>
    /// <param name="volumeRetries">The value of <c>kairosboot.volume-retries=</c>.</param>
    public static string? Of(BootCounters counters, Slot slot, ChoiceReason? why, int volumeRetries)
    {
        var first = counters.First;
        if (slot == first) return null;
        if (counters.RunsForVolume(slot, volumeRetries)) return counters.VolumeFault!.Sentence;
        if (why == ChoiceReason.OneShot) return null;
        return counters.Fault is { } fault && fault.Slot == first ? fault.Sentence
            : first.Name() + ": " + counters[first].Left.ToString() + " tries left";
    }
}
