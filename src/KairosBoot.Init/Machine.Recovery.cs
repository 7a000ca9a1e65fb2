using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

internal sealed partial class Machine
{
    private static readonly ImmutableArray<string> MadeByBoot = [SystemPaths.Sysroot, SystemPaths.Overlays, SystemPaths.State];

    private bool turned, readAgain;

    /// <summary>Something else to do in this boot, after what it was about has come to an end: another slot, or the same again.</summary>
    /// <returns>False: nothing is left to do.</returns>
    public bool GoesOnAfter(Exception failure)
    {
        // A disk may have stumbled. What it refuses twice costs this boot, and its try.
        if (ImageFault.MayPass(failure) && !readAgain)
        {
            readAgain = true;
            Note(StepClass.Degraded, failure.Message + "; once more");
            TakeBack();
            return true;
        }
        switch (failure)
        {
            case OtherSlotException { Why: not null } choice:
                Note(StepClass.Optional, $"{choice.Slot.Name()} is booted instead of {Request.Slot.Name()}: {choice.Message}");
                Turn(choice.Slot, choice.Why);
                return true;
            case OtherSlotException lost:
                TurnToRecovery(failure, lost.Message);
                return true;
            case RecoveryWantedException:
                GiveBackTry(failure);
                TurnToRecovery(failure, "persistent volume damaged: " + failure.Message);
                return true;
            case StepFailedException { Result.Step: MountFileSystem { Target: SystemPaths.State } } when RecoveryIsThere:
                TurnToRecovery(failure, failure.Message);
                return true;
        }
        return ImageFault.Of(failure) is { } reason && TurnFrom(failure, reason);
    }

    /// <summary>For a boot whose end is no image's fault: it costs none of them a try.</summary>
    public void GiveBackTry(Exception failure)
    {
        if (charged is not { } slot || countedBy == "none" || !(failure is RecoveryWantedException || VolumeFault.Is(failure))) return;
        ChangeCounters(before => failure is RecoveryWantedException ? before.GiveBackForRecovery(slot) : before.GiveBack(slot));
    }

    private bool RecoveryIsThere =>
        Request.Slot != Slot.Recovery && BootDiskSearch.Decide(Request.ForSlot(Slot.Recovery), devices!.Devices, oemTimedOut: true).Disk is not null;

    private void TurnToRecovery(Exception failure, string problem)
    {
        Note(StepClass.Degraded, $"{problem}; recovery is booted instead of {Request.Slot.Name()}");
        leftBecause = FailureKeeping.Record(failure, Request);
        Turn(Slot.Recovery, why: null);
    }

    // Gives the slot up whose image cannot boot. As often as there are slots.
    private bool TurnFrom(Exception failure, string reason)
    {
        if (!counters.Usable) return false;
        var slot = Request.Slot;
        if (Syscall.TryStat(SystemPaths.State + Request.ImagePath) is null) reason = SlotFault.Missing;
        ChangeCounters(before => before.MarkBad(slot, reason));
        if (counters.Counters.Next is not { } next) return false;
        Note(StepClass.Degraded, $"{slot.Name()} is given up: {failure.Message}; {next.Name()} is booted instead");
        leftBecause = FailureKeeping.Record(failure, Request);
        Turn(next, "order");
        return true;
    }

    private void Turn(Slot slot, string? why)
    {
        turned = true;
        Request = Request.ForSlot(slot, why);
        TakeBack();
    }

    /// <summary>
    /// Takes everything back that this boot has mounted and written, so that the next one finds what a first one finds. What has gone wrong stays
    /// in the report.
    /// </summary>
    private void TakeBack()
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
        var slot = Request.Slot;
        var loaderCounts = Request.LoaderCounters != "ro";
        if (Request.LoaderReadsCounters && countedBy != "none" && counters.Counters.LeaveToLoader(slot, loaderCounts) is not null &&
            ChangeCounters(before => before.LeaveToLoader(slot, loaderCounts)))
            throw new OperatorException(problem, $"nothing to do: the loader starts {slot.Name()} with its own kernel");
        Note(StepClass.Degraded, problem);
    }

    private void NoteDamage(BootDisk disk)
    {
        if (disk.OemProblem is { } problem) Note(StepClass.Degraded, $"{SystemPaths.Oem}: {problem}");
        // The images' own fsck is inside one of them, so nothing here can check them before they are used, and they are only read.
        if (disk.Images is { Superblock.NeedsCheck: { } reason } images)
            Note(StepClass.Degraded, $"{images.Superblock.Label} on {images.Node} {reason}; " +
                $"run fsck.{images.Superblock.Type} -y {images.Node} from a system that does not lie on it");
    }
}
