using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Before: only the kernel's own file systems are mounted. After: the image is mounted read-only at /sysroot, its partition at
/// /run/initramfs/cos-state, and OEM, if the machine has one, is mounted writable in the new root.
/// </summary>
public static class RootPlan
{
    /// <summary>
    /// Mounts the partition with the images. It is the first step, because every later failure may be the fault of an image.
    /// </summary>
    public static ImmutableArray<Step> ForImages(BootRequest request, BootDisk disk) =>
    [
        new MountFileSystem(StepClass.Required, disk.Images.Node, SystemPaths.State, disk.Images.Superblock?.MountType ?? "ext4",
            PathOptions.Join(request.RootWritable ? "rw" : "ro", PathOptions.ByTable(SystemPaths.State)), disk.Images.StableName),
    ];

    /// <summary>Mounts the image and OEM, sets the clock, and writes the sentinel.</summary>
    /// <param name="request">The slot, and the checks of file systems.</param>
    /// <param name="disk">The partitions.</param>
    /// <param name="devices">All devices: those of the boot disk say when they were last written.</param>
    public static ImmutableArray<Step> For(BootRequest request, BootDisk disk, ImmutableArray<BlockDevice> devices)
    {
        var plan = ImmutableArray.CreateBuilder<Step>();
        plan.Add(new MountImage(StepClass.Required, SystemPaths.State + request.ImagePath, SystemPaths.Sysroot, !request.RootWritable,
            request.ImagePath == SystemPaths.RecoveryImage ? SystemPaths.State + SystemPaths.OtherRecoveryImage : null));
        if (request.Slot == Slot.Recovery) plan.AddRange(KairosPlan.ForRecovery);
        // Before the first check of a file system.
        plan.Add(new SetClock(StepClass.Optional, SystemPaths.Sysroot, LastWrites(disk, devices)));
        // The system can run without its configuration, but this must be reported.
        if (disk.Oem is { } oem)
        {
            plan.Add(new MountVolume(StepClass.Degraded, oem, SystemPaths.Sysroot + SystemPaths.Oem, VolumePolicy.Default, request.Checks)
            { Flags = PathOptions.ByTable(SystemPaths.Oem) });
        }

        plan.Add(new WriteFile(StepClass.Required, $"{SystemPaths.Sentinels}/{request.SentinelName}", "1"));
        return plan.ToImmutable();
    }

    private static ImmutableArray<ClockStamp> LastWrites(BootDisk disk, ImmutableArray<BlockDevice> devices)
    {
        var stamps = ImmutableArray.CreateBuilder<ClockStamp>();
        foreach (var device in devices)
        {
            if (device.Disk == disk.Disk && device.Superblock is { WrittenAt: > 0, Label: { } label } superblock
                && label is SystemPaths.StateLabel or SystemPaths.OemLabel or SystemPaths.PersistentLabel)
            {
                stamps.Add(new(label, superblock.WrittenAt));
            }
        }
        return stamps.ToImmutable();
    }

    /// <summary>
    /// Options that the layout sets for mounts made before it was read. Before: they have the default options. After: those of the
    /// layout.
    /// </summary>
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
