using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Undoes an attempt that failed, and prepares the next one of the same boot.</summary>
internal sealed class Fallback(BootRecord record, BootClock clock, Devices devices, SlotCounting counting, StageProcess stages)
{
    /// <summary>Mount points below which this boot mounts file systems, in the order of their unmount.</summary>
    public static readonly ImmutableArray<string> MountPoints = [SystemPaths.Sysroot, SystemPaths.Overlays, SystemPaths.State];

    private bool hasRetried;

    /// <summary>This boot runs another slot than the one that the loader started.</summary>
    public bool HasFallenBack { get; private set; }

    /// <summary>Why this boot left a slot; null where it did not, or where the counters chose another one.</summary>
    public FailureRecord? LeftBecause { get; private set; }

    /// <summary>What <see cref="FailurePolicy"/> needs to know after a failed attempt.</summary>
    public BootProgress Progress(BootRequest request) => new(request.Slot, counting.Counters)
    {
        Counted = counting.Counted, HasRetried = hasRetried, RecoveryExists = devices.HasRecovery(request),
    };

    /// <summary>Undoes the attempt, for a second attempt of the same slot.</summary>
    public void PrepareRetry(BootFailure failure)
    {
        hasRetried = true;
        record.Note(StepClass.Degraded, failure.Summary + "; trying once more");
        Undo();
    }

    /// <summary>Undoes the attempt, for another slot.</summary>
    /// <param name="failed">The attempt that failed.</param>
    /// <param name="failure">Why.</param>
    /// <param name="decision">Which slot, and the counters to write before.</param>
    /// <returns>The next attempt.</returns>
    public BootRequest FallBack(BootRequest failed, BootFailure failure, FailureDecision decision)
    {
        var next = decision.Slot!.Value;
        var (from, to) = (failed.Slot.Name(), next.Name());
        counting.Write(failed, decision.Counters);
        if (failure.Kind == FailureKind.OtherSlotChosen)
        {
            record.Note(StepClass.Optional, $"booting {to} instead of {from}: {failure.Summary}");
        }
        else
        {
            record.Note(StepClass.Degraded, failure.Kind switch
            {
                FailureKind.ImageUnbootable => $"{from} is marked bad: {failure.Summary}; booting {to} instead",
                FailureKind.VolumeDamaged => $"persistent volume damaged: {failure.Summary}; booting {to} instead of {from}",
                _ => $"{failure.Summary}; booting {to} instead of {from}",
            });
            LeftBecause = FailureKeeping.ToRecord(failure, failed);
        }
        HasFallenBack = true;
        Undo();
        return failed.ForSlot(next, decision.Why);
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
