using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

internal sealed partial class Machine
{
    private static readonly ImmutableArray<string> MadeByBoot = [SystemPaths.Sysroot, SystemPaths.Overlays, SystemPaths.State];

    private bool turnedToRecovery;

    /// <summary>
    /// Takes everything back that this boot has mounted and written, so that the next one finds what a first one finds. What has gone wrong stays
    /// in the report.
    /// </summary>
    /// <param name="problem">Why recovery is booted instead.</param>
    public void TurnToRecovery(string problem)
    {
        Note(StepClass.Degraded, $"persistent volume damaged: {problem}; recovery is booted instead of {Request.Slot.Name()}");
        turnedToRecovery = true;
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

    /// <summary>The kernel is that of another image: recovery's userland may not be able to load anything.</summary>
    private void CheckModules()
    {
        var modules = "/lib/modules/" + Syscall.KernelRelease();
        if (Syscall.TryStatInRoot(SystemPaths.Sysroot, modules) is null)
            Note(StepClass.Degraded, $"the image {Request.ImagePath} has no {modules}: it cannot load drivers for this kernel");
    }

    /// <summary>Its own fsck is inside an image on it, so nothing here can check it before it is used, and it is only read.</summary>
    private void NoteDamagedImages(BootDisk disk)
    {
        if (disk.Images is { Superblock.NeedsCheck: { } reason } images)
            Note(StepClass.Degraded, $"{images.Superblock.Label} on {images.Node} {reason}; " +
                $"run fsck.{images.Superblock.Type} -y {images.Node} from a system that does not lie on it");
    }
}
