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
            PathOptions.Join(request.RootWritable ? "rw" : "ro", PathOptions.ByTable(SystemPaths.State)), disk.Images.StableName),
    ];

    /// <summary>The rest.</summary>
    public static ImmutableArray<Step> For(BootRequest request, BootDisk disk)
    {
        var plan = ImmutableArray.CreateBuilder<Step>();
        plan.Add(new MountImage(StepClass.Required, SystemPaths.State + request.ImagePath, SystemPaths.Sysroot, !request.RootWritable,
            request.ImagePath == SystemPaths.RecoveryImage ? SystemPaths.State + SystemPaths.OtherRecoveryImage : null));
        // Configuration can be missing without the system being wrong, but never unnoticed.
        if (disk.Oem is { } oem)
        {
            plan.Add(new MountVolume(StepClass.Degraded, oem, SystemPaths.Sysroot + SystemPaths.Oem, VolumePolicy.Default, request.Checks)
            { Flags = PathOptions.ByTable(SystemPaths.Oem) });
        }

        plan.Add(new WriteFile(StepClass.Required, $"{SystemPaths.Sentinels}/{request.SentinelName}", "1"));
        return plan.ToImmutable();
    }

    /// <summary>What the layout says of mounts that were made before it was read. Before: they have the options of the table. After: the layout's.</summary>
    public static ImmutableArray<Step> ForOptions(Layout layout, BootDisk disk)
    {
        var plan = ImmutableArray.CreateBuilder<Step>();
        if (layout.Options.Of(SystemPaths.State) is var state && state != PathOptions.ByTable(SystemPaths.State))
            plan.Add(new SetMountOptions(StepClass.Degraded, SystemPaths.State, state));
        if (disk.Oem is not null && layout.Options.Of(SystemPaths.Oem) is var oem && oem != PathOptions.ByTable(SystemPaths.Oem))
            plan.Add(new SetMountOptions(StepClass.Degraded, SystemPaths.Sysroot + SystemPaths.Oem, oem));
        return plan.ToImmutable();
    }
}
