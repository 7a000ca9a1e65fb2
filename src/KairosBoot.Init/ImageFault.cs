using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Tells what is certain to fail again with this image from what another boot may get past.</summary>
internal static class ImageFault
{
    /// <summary>The reason to give the slot up, a word of <see cref="SlotFault"/>; null where the image is not known to be at fault.</summary>
    public static string? Of(Exception failure) => failure switch
    {
        UnbootableImageException => SlotFault.NoInit,
        StepFailedException { Result.Step: MountImage, InnerException: OperatorException } => SlotFault.Damaged,
        // What a file system says of itself. A disk that cannot be read (EIO), or a kernel without memory, may do better next time.
        StepFailedException { Result.Step: MountImage, InnerException: SyscallException { Errno: Errno.EINVAL or Errno.EUCLEAN or Errno.EBADMSG } } =>
            SlotFault.Damaged,
        _ => null,
    };

    /// <summary>What a disk may get right when it is asked again: an image that could not be read.</summary>
    public static bool MayPass(Exception failure) => failure switch
    {
        StepFailedException { Result.Step: MountImage or MountFileSystem { Target: SystemPaths.State }, InnerException: SyscallException { Errno: Errno.EIO } } => true,
        SyscallException { Errno: Errno.EIO, Path: { } path } => path.StartsWith(SystemPaths.Sysroot, StringComparison.Ordinal),
        _ => false,
    };
}
