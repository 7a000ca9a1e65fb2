using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Turns an exception of any layer that ended an attempt into the one value that <see cref="FailurePolicy"/> decides by.</summary>
internal static class FailureClassification
{
    /// <param name="failure">What ended the attempt.</param>
    /// <param name="imagePath">The image of the slot, as a path on its partition.</param>
    public static BootFailure Of(Exception failure, string imagePath) => failure switch
    {
        BootFailureException known => known.Failure,
        RecoveryWantedException volume => new(FailureKind.VolumeDamaged, volume.Message, volume.Fix),
        StepFailedException step => OfStep(step, imagePath),
        OperatorException e => new(FailureKind.Other, e.Problem, e.Fix),
        SyscallException e => new(FailureKind.Other, e.Message, TroubleFix.Of(e.Path ?? "/", Troubles.Of(e.Errno)))
        {
            IsReadError = e.Errno == Errno.EIO && IsInImage(e.Path),
        },
        _ => new(FailureKind.Other, "internal error: " + failure.Message, TroubleFix.Defect),
    };

    private static BootFailure OfStep(StepFailedException failure, string imagePath)
    {
        var (step, cause) = (failure.Result.Step, failure.InnerException);
        var isReadError = cause is SyscallException { Errno: Errno.EIO };
        var (kind, fault) = step switch
        {
            MountImage when IsCertain(cause) => (FailureKind.ImageUnbootable, IsMissing(imagePath) ? SlotFault.Missing : SlotFault.Damaged),
            MountImage => (FailureKind.ImageUnreadable, SlotFault.Damaged),
            MountFileSystem { Target: SystemPaths.State } => (FailureKind.ImagesUnmountable, SlotFault.Damaged),
            MountVolume => (FailureKind.VolumeUnusable, SlotFault.Damaged),
            // A store that could not be created or mounted. Where the mount point is missing, the image is at fault.
            BindPersistent bind when HasMountPoint(bind.Directory.Path) => (FailureKind.VolumeUnusable, SlotFault.Damaged),
            _ => (FailureKind.Other, SlotFault.Damaged),
        };
        return new(kind, failure.Error.Problem, failure.Error.Fix)
        {
            Step = step.Summary, Fault = fault, Volume = kind == FailureKind.VolumeUnusable ? VolumeOf(step) : null,
            IsReadError = isReadError && kind is (FailureKind.ImageUnreadable or FailureKind.ImagesUnmountable),
        };
    }

    private static VolumeFault? VolumeOf(Step step) => step switch
    {
        MountVolume { Device: { Superblock.Label: { } label } } => VolumeFault.Of(VolumeFault.Mount, DeviceRef.Label(label).ToString()),
        MountVolume volume => VolumeFault.Of(VolumeFault.Mount, volume.Device.StableName),
        BindPersistent bind => VolumeFault.Of(VolumeFault.Store, SystemPaths.InNewRoot(bind.Directory.Path)),
        _ => null,
    };

    // A fault of the file system itself. A read error (EIO) or a lack of memory may not happen again.
    private static bool IsCertain(Exception? cause) =>
        cause is OperatorException or SyscallException { Errno: Errno.EINVAL or Errno.EUCLEAN or Errno.EBADMSG };

    private static bool IsMissing(string imagePath)
    {
        try { return Syscall.TryStat(SystemPaths.State + imagePath) is null; }
        catch (SyscallException) { return false; } // a loop of links, or a disk that does not answer
    }

    // A link counts: a user may have replaced the directory with it.
    private static bool HasMountPoint(string path)
    {
        try { return Syscall.TryLStat(path) is { Type: FileType.Directory or FileType.Symlink }; }
        catch (SyscallException) { return false; }
    }

    private static bool IsInImage(string? path) => path?.StartsWith(SystemPaths.Sysroot, StringComparison.Ordinal) == true;
}
