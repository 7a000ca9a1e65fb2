using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Before: only the kernel's own file systems are mounted. After: the image is the read-only /sysroot, the partition it lies on is at
/// /run/initramfs/cos-state, and OEM, where the machine has one, is writable inside the new root.
/// </summary>
public static class RootPlan
{
    /// <summary>The partition of the images: the first thing, as whatever follows may be an image's fault.</summary>
    public static ImmutableArray<Step> ForImages(BootRequest request, BootDisk disk) =>
    [
        new MountFileSystem(StepClass.Required, disk.Images.Node, SystemPaths.State, disk.Images.Superblock?.MountType ?? "ext4",
            request.RootWritable ? "rw" : "ro", disk.Images.StableName),
    ];

    /// <summary>The rest.</summary>
    public static ImmutableArray<Step> For(BootRequest request, BootDisk disk)
    {
        var plan = ImmutableArray.CreateBuilder<Step>();
        plan.Add(new MountImage(StepClass.Required, SystemPaths.State + request.ImagePath, SystemPaths.Sysroot, !request.RootWritable,
            request.ImagePath == SystemPaths.RecoveryImage ? SystemPaths.State + SystemPaths.OtherRecoveryImage : null));
        // Configuration can be missing without the system being wrong, but never unnoticed.
        if (disk.Oem is { } oem)
            plan.Add(new MountVolume(StepClass.Degraded, oem, SystemPaths.Sysroot + SystemPaths.Oem, VolumePolicy.Default, request.Checks));
        plan.Add(new WriteFile(StepClass.Required, $"{SystemPaths.Sentinels}/{request.SentinelName}", "1"));
        return plan.ToImmutable();
    }
}
