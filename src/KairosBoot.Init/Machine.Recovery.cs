using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

internal sealed partial class Machine
{
    private static readonly ImmutableArray<string> MadeByBoot = [SystemPaths.Sysroot, SystemPaths.Overlays, SystemPaths.State];

    private bool turned, hasRetried;

    /// <summary>What is decided by after a failed attempt.</summary>
    public BootProgress Progress => new(Request.Slot, counters)
    {
        Counted = countedBy == CountedBy.None ? null : countedSlot, HasRetried = hasRetried, RecoveryExists = RecoveryIsThere,
    };

    /// <summary>Undoes the attempt, for the same slot once more.</summary>
    public void PrepareRetry(BootFailure failure)
    {
        hasRetried = true;
        Note(StepClass.Degraded, failure.Summary + "; once more");
        UndoMounts();
    }

    /// <summary>Undoes the attempt, for another slot.</summary>
    /// <param name="failure">Why.</param>
    /// <param name="decision">Which slot, and the counters to write before.</param>
    public void FallBack(BootFailure failure, FailureDecision decision)
    {
        var next = decision.Slot!.Value;
        WriteCounters(decision.Counters);
        if (failure.Kind == FailureKind.OtherSlotChosen)
        {
            Note(StepClass.Optional, $"{next.Name()} is booted instead of {Request.Slot.Name()}: {failure.Summary}");
        }
        else
        {
            Note(StepClass.Degraded, failure.Kind == FailureKind.ImageUnbootable
                ? $"{Request.Slot.Name()} is given up: {failure.Summary}; {next.Name()} is booted instead"
                : $"{(failure.Kind == FailureKind.VolumeDamaged ? "persistent volume damaged: " : "")}{failure.Summary}; {next.Name()} is booted instead of {Request.Slot.Name()}");
            leftBecause = FailureKeeping.Record(failure, Request);
        }
        FallBackTo(next, decision.Why);
    }

    /// <summary>The last slot that was marked bad, and why; null where none was.</summary>
    public string? LastFault => counters.Counters.Fault?.Sentence;

    /// <summary>What was decided about the counters; null: nothing.</summary>
    public void WriteCounters(BootCounters? wanted)
    {
        if (wanted is not null) ChangeCounters(_ => wanted);
    }

    private bool RecoveryIsThere => devices is not null &&
        Request.Slot != Slot.Recovery && BootDiskSearch.Decide(Request.ForSlot(Slot.Recovery), devices.Devices, oemTimedOut: true).Disk is not null;

    private void FallBackTo(Slot slot, string? why)
    {
        turned = true;
        Request = Request.ForSlot(slot, why);
        UndoMounts();
    }

    /// <summary>
    /// Takes everything back that this boot has mounted and written, so that the next one finds what a first one finds. What has gone wrong stays
    /// in the report.
    /// </summary>
    private void UndoMounts()
    {
        MountTable.UnmountBelow(MadeByBoot);
        // The sentinel of the other slot, and the layout its cloud-configs wrote.
        if (Syscall.TryStat(SystemPaths.Sentinels) is not null) FileTree.Delete(SystemPaths.Sentinels);
        results.Count = ApiFileSystems.Mounts.Length;
        // What is wrong with a file is told where it is parsed.
        stages.Dispose();
        configProblems.Clear();
        userData.Clear();
        // A phase has one name and one time.
        EndPhase("given-up");
        phases.Clear();
        phases.Add(("given-up", phaseStart - start));
    }

    /// <summary>The kernel is that of another image. This one's own is started in its place, now or by the loader; where neither can be, userland
    /// may not be able to load anything.</summary>
    private void CheckModules()
    {
        var modules = "/lib/modules/" + Syscall.KernelRelease();
        if (Syscall.TryStatInRoot(SystemPaths.Sysroot, modules) is not null) return;
        var problem = $"the image {Request.ImagePath} has no {modules}: it cannot load drivers for this kernel, and its own cannot be started from here: {StartOwnKernel()}";
        if (FailurePolicy.HandToLoader(Request, counters.Counters, isCounted: countedBy != CountedBy.None) is { } handed && ChangeCounters(_ => handed))
            throw new OperatorException(problem, $"nothing to do: the loader starts {Request.Slot.Name()} with its own kernel");
        Note(StepClass.Degraded, problem);
    }

    private void NoteDamage(BootDisk disk)
    {
        if (disk.OemProblem is { } problem) Note(StepClass.Degraded, $"{SystemPaths.Oem}: {problem}");
        // The images' own fsck is inside one of them, so nothing here can check them before they are used, and they are only read.
        if (disk.Images is { Superblock.NeedsCheck: { } reason } images)
        {
            Note(StepClass.Degraded, $"{images.Superblock.Label} on {images.Node} {reason}; " +
                $"run fsck.{images.Superblock.Type} -y {images.Node} from a system that does not lie on it");
        }
    }
}
