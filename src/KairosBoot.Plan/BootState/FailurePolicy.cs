using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>What kairos-boot does after a failed attempt.</summary>
public enum FailureAction
{
    /// <summary>Try the same slot once more, in this boot.</summary>
    Retry,
    /// <summary>Try another slot, in this boot.</summary>
    FallBack,
    /// <summary>Try the same slot once more, in this boot, with a tmpfs instead of COS_PERSISTENT: an operator asked for it.</summary>
    RetryWithoutPersistent,
    /// <summary>Show the reason, record it, and reboot.</summary>
    Reboot,
    /// <summary>Show the reason, wait, and reboot.</summary>
    Stop,
}

/// <summary>The decision of <see cref="FailurePolicy"/>.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Counters">The counters to write first; null: write nothing.</param>
public sealed record FailureDecision(FailureAction Action, BootCounters? Counters = null)
{
    /// <summary>The slot to fall back to.</summary>
    public Slot? Slot { get; init; }

    /// <summary>Why the counters name the slot; null: the slot replaces one that cannot be used.</summary>
    public ChoiceReason? Why { get; init; }

    /// <summary>The key that an operator pressed, where, and what it does; null: it was not an operator.</summary>
    public string? Key { get; init; }

    /// <summary>No attempt follows, unless an operator asks for one.</summary>
    public bool EndsBoot => Action is FailureAction.Reboot or FailureAction.Stop;
}

/// <summary>The state of the boot when an attempt fails.</summary>
/// <param name="Booting">The slot of the attempt.</param>
/// <param name="Counters">The boot counters at that time.</param>
public sealed record BootProgress(Slot Booting, BootBlock Counters)
{
    /// <summary>The slot whose attempt is counted; null: no attempt is counted, or that is not known.</summary>
    public Slot? Counted { get; init; }

    /// <summary>The single retry of this boot was used.</summary>
    public bool HasRetried { get; init; }

    /// <summary>The disk has a recovery partition to fall back to. Always false in recovery.</summary>
    public bool RecoveryExists { get; init; }

    /// <summary>Slots that this boot has left already because they failed.</summary>
    public ImmutableArray<Slot> Left { get; init; } = [];

    /// <summary>After how many boots that fail because of the same volume recovery takes over; 0: never.</summary>
    public int VolumeRetries { get; init; }

    /// <summary>False: the command line names an image that belongs to no slot.</summary>
    public bool IsSlotImage { get; init; } = true;
}

/// <summary>
/// Decides what follows a failure. Each decision but Reboot and Stop leaves a slot, replaces an image that belongs to no slot, or uses up
/// the only retry, so a boot ends.
/// kairos-boot acts on exactly this table; it is golden text in the tests and in docs/boot-assessment.md.
/// </summary>
public static class FailurePolicy
{
    public static FailureDecision Decide(BootFailure failure, BootProgress progress)
    {
        if (failure.IsReadError && !progress.HasRetried) return new(FailureAction.Retry);
        return failure.Kind switch
        {
            FailureKind.CountersDiffer => new(FailureAction.Retry),
            FailureKind.OtherSlotChosen => new(FailureAction.FallBack) { Slot = failure.Chosen, Why = failure.Why },
            FailureKind.NothingLeft => new(FailureAction.Stop),
            FailureKind.ImagesMissing or FailureKind.ImagesUnmountable => ToRecovery(progress, null),
            // If recovery has no tries left, the attempt stays counted. Otherwise the two slots could fall back to each other forever.
            FailureKind.VolumeDamaged => ToRecovery(progress, Uncount(progress, counters => counters.Recovery.Left > 0)),
            FailureKind.ImageUnbootable => ToNext(failure, progress),
            FailureKind.VolumeUnusable => VolumeFailed(failure, progress),
            _ => new(FailureAction.Reboot),
        };
    }

    private static FailureDecision ToRecovery(BootProgress progress, BootCounters? counters) =>
        progress.RecoveryExists && !progress.Left.Contains(Slot.Recovery)
            ? new(FailureAction.FallBack, counters) { Slot = Slot.Recovery } : new(FailureAction.Reboot, counters);

    // Happens at most once for each slot, because each call marks a slot bad. Without counters nothing would record that, so the machine
    // reboots. A wrong name on the command line is not the fault of the slot's own image, which is tried instead.
    private static FailureDecision ToNext(BootFailure failure, BootProgress progress)
    {
        if (!progress.IsSlotImage) return new(FailureAction.FallBack) { Slot = progress.Booting };
        if (!progress.Counters.Usable) return new(FailureAction.Reboot);
        var counters = progress.Counters.Counters.MarkBad(progress.Booting, failure.Fault);
        return counters.Next is { } next && !progress.Left.Contains(next)
            ? new(FailureAction.FallBack, counters) { Slot = next, Why = ChoiceReason.Order }
            : new(FailureAction.Reboot, counters);
    }

    // If recovery cannot take over, the attempt stays counted: another slot may not need the volume, and in the end the machine stops for a
    // time.
    private static FailureDecision VolumeFailed(BootFailure failure, BootProgress progress)
    {
        var uncounted = Uncount(progress, _ => true);
        if (failure.Volume is null || progress.VolumeRetries == 0 || !progress.Counters.Usable) return new(FailureAction.Reboot, uncounted);
        var before = progress.Counters.Counters;
        var fault = failure.Volume.After(before.VolumeFault);
        uncounted = (uncounted ?? before) with { VolumeFault = fault };
        if (!fault.IsForRecovery(progress.VolumeRetries)) return new(FailureAction.Reboot, uncounted);
        return before.Recovery.Left > 0 && progress.RecoveryExists && !progress.Left.Contains(Slot.Recovery)
            ? ToRecovery(progress, uncounted) : new(FailureAction.Reboot, before with { VolumeFault = fault });
    }

    /// <summary>The machine's data caused the failure, not the image: the image keeps its try.</summary>
    private static BootCounters? Uncount(BootProgress progress, Func<BootCounters, bool> condition) =>
        progress.Counted is { } slot && condition(progress.Counters.Counters) ? progress.Counters.Counters.UncountAttempt(slot) : null;

    /// <summary>The decision returned the try of the attempt, so that a second attempt must be counted again.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="slot">The slot of the attempt.</param>
    /// <param name="counted">The counters before it. The attempt is counted.</param>
    public static bool ReturnsTry(FailureDecision decision, Slot slot, BootCounters counted) =>
        decision.Counters is { } after && after[slot].Left > counted[slot].Left;

    /// <summary>
    /// The image has no modules for the running kernel, and kexec cannot start the image's own kernel. Asks the loader to start it: the
    /// counters name this slot for the next boot.
    /// </summary>
    /// <param name="request">What the loader reported.</param>
    /// <param name="counters">The boot counters at this time.</param>
    /// <param name="isCounted">This attempt is counted.</param>
    /// <returns>
    /// The counters to write before a reboot. Null: the loader does not read the counters, or the machine could reboot forever; the boot
    /// continues without modules.
    /// </returns>
    public static BootCounters? HandToLoader(BootRequest request, BootCounters counters, bool isCounted) =>
        request.LoaderReadsCounters && isCounted
            ? counters.HandToLoader(request.Slot, loaderCounts: request.LoaderCounters != CounterAccess.ReadOnly)
            : null;
}
