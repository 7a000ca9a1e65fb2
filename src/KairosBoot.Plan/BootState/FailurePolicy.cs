namespace KairosBoot.Plan;

/// <summary>What follows an attempt that failed.</summary>
public enum FailureAction
{
    /// <summary>The same slot once more, in this boot.</summary>
    Retry,
    /// <summary>Another slot, in this boot.</summary>
    FallBack,
    /// <summary>Show why, keep the reason, reboot.</summary>
    Reboot,
    /// <summary>Show why and wait for a person.</summary>
    Stop,
}

/// <summary>What <see cref="FailurePolicy"/> decides.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Counters">To write first; null: they stay as they are.</param>
public sealed record FailureDecision(FailureAction Action, BootCounters? Counters = null)
{
    /// <summary>The slot to fall back to.</summary>
    public Slot? Slot { get; init; }

    /// <summary><c>order</c> or <c>oneshot</c> where the counters name it; null where it stands in for one that cannot be used.</summary>
    public string? Why { get; init; }
}

/// <summary>Where a boot stands when an attempt fails.</summary>
/// <param name="Booting">The slot of the attempt.</param>
/// <param name="Counters">The boot counters as they are now.</param>
public sealed record BootProgress(Slot Booting, BootBlock Counters)
{
    /// <summary>The slot whose attempt is counted; null: none is, or nobody can tell.</summary>
    public Slot? Counted { get; init; }

    /// <summary>The one retry of a boot is spent.</summary>
    public bool HasRetried { get; init; }

    /// <summary>Recovery's partition is there to fall back to; false in recovery.</summary>
    public bool RecoveryExists { get; init; }
}

/// <summary>
/// What follows a failure: values in, values out. Each decision but the last removes a slot or spends the only retry, so a boot ends. kairos-boot acts on
/// exactly this; its table is golden text in the tests and in docs/boot-assessment.md.
/// </summary>
public static class FailurePolicy
{
    public static FailureDecision Decide(BootFailure failure, BootProgress progress)
    {
        if (failure.IsReadError && !progress.HasRetried) return new(FailureAction.Retry);
        return failure.Kind switch
        {
            FailureKind.OtherSlotChosen => new(FailureAction.FallBack) { Slot = failure.Chosen, Why = failure.Why },
            FailureKind.NothingLeft => new(FailureAction.Stop),
            FailureKind.ImagesMissing or FailureKind.ImagesUnmountable => ToRecovery(progress, null),
            // Once recovery has no tries left the boot stays counted: going back and forth forever would be worse.
            FailureKind.VolumeDamaged => ToRecovery(progress, Uncount(progress, counters => counters.Recovery.Left > 0)),
            FailureKind.ImageUnbootable => ToNext(failure, progress),
            FailureKind.VolumeUnusable => new(FailureAction.Reboot, Uncount(progress, _ => true)),
            _ => new(FailureAction.Reboot),
        };
    }

    private static FailureDecision ToRecovery(BootProgress progress, BootCounters? counters) =>
        progress.RecoveryExists ? new(FailureAction.FallBack, counters) { Slot = Slot.Recovery } : new(FailureAction.Reboot, counters);

    // As often as there are slots. Without counters nothing would remember it.
    private static FailureDecision ToNext(BootFailure failure, BootProgress progress)
    {
        if (!progress.Counters.Usable) return new(FailureAction.Reboot);
        var counters = progress.Counters.Counters.MarkBad(progress.Booting, failure.Fault);
        return counters.Next is { } next ? new(FailureAction.FallBack, counters) { Slot = next, Why = "order" } : new(FailureAction.Reboot, counters);
    }

    /// <summary>The machine's data ended this boot, not its image: the image keeps its try.</summary>
    private static BootCounters? Uncount(BootProgress progress, Func<BootCounters, bool> condition) =>
        progress.Counted is { } slot && condition(progress.Counters.Counters) ? progress.Counters.Counters.GiveBack(slot) : null;

    /// <summary>
    /// The image has no modules for the running kernel, and its own kernel cannot be started from here. The loader is asked to start it: it finds this
    /// slot as its next one.
    /// </summary>
    /// <param name="request">What the loader said.</param>
    /// <param name="counters">The boot counters as they are now.</param>
    /// <param name="isCounted">This attempt is counted.</param>
    /// <returns>Counters to write before a reboot; null: the loader does not look for them, or that could go on forever. The boot goes on.</returns>
    public static BootCounters? HandToLoader(BootRequest request, BootCounters counters, bool isCounted) =>
        request.LoaderReadsCounters && isCounted ? counters.HandToLoader(request.Slot, loaderCounts: request.LoaderCounters != "ro") : null;
}
