using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

internal sealed partial class Machine
{
    private static readonly ImmutableArray<string> MadeByBoot = [SystemPaths.Sysroot, SystemPaths.Overlays, SystemPaths.State];

    private Slot? turnedTo;

    /// <summary>For a boot whose persistent volume is damaged: that is no image's fault, and costs none of them a try.</summary>
    /// <param name="problem">Why recovery is booted instead.</param>
    public void TurnToRecovery(string problem)
    {
        var slot = Request.Slot;
        if (counters.Usable) ChangeCounters(before => before.GiveBack(slot));
        Turn(Slot.Recovery, $"persistent volume damaged: {problem}; recovery is booted instead of {slot.Name()}");
    }

    /// <summary>Gives the slot up whose image cannot boot, and turns to the next one.</summary>
    /// <param name="reason">A word of <see cref="SlotFault"/>.</param>
    /// <param name="problem">The same as a sentence.</param>
    /// <returns>False: there are no counters, or no slot is left.</returns>
    public bool TurnFrom(string reason, string problem)
    {
        if (!counters.Usable) return false;
        var slot = Request.Slot;
        if (Syscall.TryStat(SystemPaths.State + Request.ImagePath) is null) reason = SlotFault.Missing;
        ChangeCounters(before => before.MarkBad(slot, reason));
        if (counters.Counters.Next is not { } next) return false;
        Turn(next, $"{slot.Name()} is given up: {problem}; {next.Name()} is booted instead");
        return true;
    }

    /// <summary>
    /// Takes everything back that this boot has mounted and written, so that the next one finds what a first one finds. What has gone wrong stays
    /// in the report.
    /// </summary>
    private void Turn(Slot slot, string why)
    {
        Note(StepClass.Degraded, why);
        turnedTo = slot;
        MountTable.UnmountBelow(MadeByBoot);
        // The sentinel of the other slot, and the layout its cloud-configs wrote.
        if (Syscall.TryStat(SystemPaths.Sentinels) is not null) FileTree.Delete(SystemPaths.Sentinels);
        results.Count = ApiFileSystems.Mounts.Length;
        configProblems.Clear();
        // A phase has one name and one time.
        EndPhase("given-up");
        phases.Clear();
        phases.Add(("given-up", phaseStart - start));
    }

    /// <summary>The kernel is that of another image. Where the loader can be told to start this one with its own, it is; otherwise its userland may
    /// not be able to load anything.</summary>
    private void CheckModules()
    {
        var modules = "/lib/modules/" + Syscall.KernelRelease();
        if (Syscall.TryStatInRoot(SystemPaths.Sysroot, modules) is not null) return;
        var problem = $"the image {Request.ImagePath} has no {modules}: it cannot load drivers for this kernel";
        var slot = Request.Slot;
        if (Request.LoaderCounters is not null && counters.Usable && ChangeCounters(before => before.GiveBack(slot) with { Once = slot }))
            throw new OperatorException(problem, $"nothing to do: the loader starts {slot.Name()} with its own kernel");
        Note(StepClass.Degraded, problem);
    }

    /// <summary>Its own fsck is inside an image on it, so nothing here can check it before it is used, and it is only read.</summary>
    private void NoteDamagedImages(BootDisk disk)
    {
        if (disk.Images is { Superblock.NeedsCheck: { } reason } images)
            Note(StepClass.Degraded, $"{images.Superblock.Label} on {images.Node} {reason}; " +
                $"run fsck.{images.Superblock.Type} -y {images.Node} from a system that does not lie on it");
    }
}
