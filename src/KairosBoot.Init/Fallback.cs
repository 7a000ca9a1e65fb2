using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Undoes an attempt that failed, and prepares the next one of the same boot.</summary>
internal sealed class Fallback(BootRecord record, BootClock clock, Devices devices, SlotCounting counting, StageProcess stages)
{
    /// <summary>Mount points below which this boot mounts file systems, in the order of their unmount.</summary>
    public static readonly ImmutableArray<string> MountPoints = [
        SystemPaths.LiveRoot, SystemPaths.LiveMedium, SystemPaths.Sysroot, SystemPaths.Overlays, SystemPaths.State,
    ];

    private readonly ImmutableArray<Slot>.Builder left = ImmutableArray.CreateBuilder<Slot>();
    private bool hasRetried;

    /// <summary>This boot runs another slot than the one that the loader started.</summary>
    public bool HasFallenBack { get; private set; }

    /// <summary>Why this boot left a slot; null where it did not, or where the counters chose another one.</summary>
    public FailureRecord? LeftBecause { get; private set; }

    /// <summary>What <see cref="FailurePolicy"/> needs to know after a failed attempt.</summary>
    public BootProgress Progress(BootRequest request) => new(request.Slot, counting.Counters)
    {
        Counted = counting.Counted, HasRetried = hasRetried, RecoveryExists = devices.HasRecovery(request), Left = left.ToImmutable(),
        IsSlotImage = request.IsSlotImage, VolumeRetries = request.VolumeRetries,
    };

    /// <summary>Undoes the attempt, for a second attempt of the same slot.</summary>
    public void PrepareRetry(BootFailure failure)
    {
        if (failure.Kind == FailureKind.CountersDiffer) devices.CompareDisks();
        else hasRetried = true;
        record.Note(StepClass.Degraded, failure.Summary + "; trying once more");
        Undo();
    }

    /// <summary>Undoes the attempt, for one of the same slot without COS_PERSISTENT.</summary>
    /// <param name="failed">The attempt that failed.</param>
    /// <param name="failure">Why.</param>
    /// <param name="decision">Which key, and the counters to write before.</param>
    /// <returns>The next attempt.</returns>
    public BootRequest RetryWithoutPersistent(BootRequest failed, BootFailure failure, FailureDecision decision)
    {
        counting.Write(failed, decision.Counters);
        record.Note(StepClass.Degraded, failure.Summary + "; " + decision.Key);
        LeftBecause = FailureKeeping.ToRecord(failure, failed);
        Undo();
        return failed with { PersistentLeftOut = true };
    }

    /// <summary>Undoes the attempt, for another slot.</summary>
    /// <param name="failed">The attempt that failed.</param>
    /// <param name="failure">Why.</param>
    /// <param name="decision">Which slot, and the counters to write before.</param>
    /// <returns>The next attempt.</returns>
    public BootRequest FallBack(BootRequest failed, BootFailure failure, FailureDecision decision)
    {
        var next = decision.Slot!.Value;
        counting.Write(failed, decision.Counters);
        var isChoice = failure.Kind == FailureKind.OtherSlotChosen;
        var text = failure.Summary + "; booting " + (next == failed.Slot ? next.Image() : next.Name()) + " instead";
        if (next == failed.Slot) text = "cos-img/filename= names no image of a slot: " + text;
        else if (failure.Kind == FailureKind.ImageUnbootable) text = failed.Slot.Name() + " is marked bad: " + text;
        else text += " of " + failed.Slot.Name();
        if (decision.Key is { } key) text = failure.Summary + "; " + key;
        else if (failure.Kind == FailureKind.VolumeDamaged) text = "persistent volume damaged: " + text;
        record.Note(isChoice ? StepClass.Optional : StepClass.Degraded, text);
        if (!isChoice) LeftBecause = FailureKeeping.ToRecord(failure, failed);
        if (next != failed.Slot)
        {
            HasFallenBack = true;
            if (!isChoice) left.Add(failed.Slot);
        }
        Undo();
        return failed.ForSlot(next, decision.Why);
    }

    /// <summary>Tells users who log in that what they write is lost.</summary>
    public static void ReportLeftOut(BootRequest request, PlanRunner plans)
    {
        if (!request.PersistentLeftOut) return;
        plans.Apply([new WriteFile(StepClass.Optional, SystemPaths.LeftOutMotd, "KairosBoot: " + SystemPaths.PersistentLabel +
            " is left out of this boot: data written to " + SystemPaths.Persistent + " is lost at the next one\n")]);
    }

    // The next attempt finds what a first one finds. What went wrong stays in the report.
    private void Undo()
    {
        MountTable.UnmountBelow(MountPoints);
        // The sentinel of the other slot, and the layout that its cloud-configs wrote.
        if (Syscall.TryStat(SystemPaths.Sentinels) is not null) FileTree.Delete(SystemPaths.Sentinels);
        stages.Dispose();
        record.RemoveAttempt();
        clock.EndAttempt();
    }
}
