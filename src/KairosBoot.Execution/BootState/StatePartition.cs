using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// COS_STATE, which holds images and counters, or COS_RECOVERY. The partition of the running system is always mounted; the other one is
/// mounted as long as this lives.
/// </summary>
public sealed class StatePartition : IDisposable
{
    private readonly bool mountedHere;

    private StatePartition(string path, bool mountedHere)
    {
        Path = path;
        this.mountedHere = mountedHere;
    }

    /// <summary>Its mount point, read-only.</summary>
    public string Path { get; }

    /// <summary>The partition with the running system's image.</summary>
    public static StatePartition Booted => Given(SystemPaths.State);

    /// <summary>A partition that is already mounted.</summary>
    /// <param name="path">Absolute.</param>
    public static StatePartition Given(string path) => new(path, mountedHere: false);

    /// <summary>Mounts the partition at a private mount point.</summary>
    public static StatePartition Mount(BlockDevice device)
    {
        var place = $"{SystemPaths.Runtime}/{device.Name}.{Syscall.GetPid()}";
        Syscall.MakeDirectories(place);
        Syscall.Mount(device.Node, place, device.Superblock?.MountType ?? "ext4",
            MountFlags.ReadOnly | MountOptions.Parse(PathOptions.ByTable(SystemPaths.State)).Flags, "");
        return new(place, mountedHere: true);
    }

    /// <summary>
    /// The counters on a partition that may not belong to this machine. Nothing is written to it: its journal is not replayed. The counters
    /// are written in place, so they are complete without it.
    /// </summary>
    public static BootBlock ReadCountersUntouched(BlockDevice device, KernelModules modules)
    {
        if (WithoutReplay(device.Superblock?.MountType) is not { } option)
            return BootBlock.Unusable($"cannot be read on {device.Node} without writing to it");
        var place = $"{SystemPaths.Runtime}/{device.Name}.{Syscall.GetPid()}";
        try
        {
            modules.LoadFileSystem(device.Superblock!.MountType);
            Syscall.MakeDirectories(place);
            Syscall.Mount(device.Node, place, device.Superblock.MountType,
                MountFlags.ReadOnly | MountOptions.Parse(PathOptions.ByTable(SystemPaths.State)).Flags, option);
            using var mounted = new StatePartition(place, mountedHere: true);
            return BootStateFile.Read(place + SystemPaths.BootState);
        }
        catch (SyscallException e) { return BootBlock.Unusable($"cannot be read on {device.Node}: {e.Message}"); }
    }

    // Documentation/filesystems in the kernel's source: ext4, xfs, f2fs. btrfs would take the copy for the other half of a mirror.
    private static string? WithoutReplay(string? type) =>
        type switch { "ext4" => "noload", "xfs" => "norecovery,nouuid", "f2fs" => "norecovery", _ => null };

    /// <summary>Finds a partition of the running system on the disk that it was booted from, and mounts it if necessary.</summary>
    /// <param name="host">Mount point of that system's root; empty: this system.</param>
    /// <param name="label">Label of the partition.</param>
    /// <exception cref="OperatorException">kairos-boot did not start this system, or its disk has no such partition.</exception>
    public static StatePartition Find(string host = "", string label = SystemPaths.StateLabel)
    {
        var (device, booted) = Search(host, label);
        return device == booted ? Given(host + SystemPaths.State) : Mount(device);
    }

    /// <summary>Finds a partition of the running system's disk, mounted or not.</summary>
    /// <param name="host">As above.</param>
    /// <param name="label">Label of its file system, or its name in the partition table.</param>
    /// <exception cref="OperatorException">kairos-boot did not start this system, or its disk has no such partition.</exception>
    public static BlockDevice FindDevice(string host, string label) => Search(host, label).Device;

    private static (BlockDevice Device, BlockDevice? Booted) Search(string host, string label)
    {
        var place = host + SystemPaths.State;
        if (MountTable.Find(place)?.Source is not { } source)
        {
            throw new OperatorException($"nothing is mounted at {place}: kairos-boot did not start this system",
                "run it on a machine that kairos-boot started, or specify a mounted COS_STATE with --state");
        }

        var devices = BlockDeviceScan.All(new Dictionary<string, BlockDevice>());
        BlockDevice? images = null;
        foreach (var device in devices)
            if (device.Node == source) images = device;
        var found = DeviceSearch.Find(DeviceRef.Label(label), devices, images?.Disk, onBootDiskOnly: true);
        if (images is not null && found.Candidates.Contains(images)) return (images, images);
        return found.Device is { } only ? (only, images)
            : throw new OperatorException($"the disk of {source} has no {label}, or more than one", "mount it and specify it with --state");
    }

    public void Dispose()
    {
        if (!mountedHere) return;
        Syscall.Umount(Path);
        Syscall.RmDir(Path);
    }
}
