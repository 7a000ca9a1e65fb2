using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// COS_STATE, where images and counters are. In active and passive it is mounted all the time; recovery runs off another partition, and has it
/// for as long as this lives.
/// </summary>
public sealed class StatePartition : IDisposable
{
    private readonly bool mountedHere;

    private StatePartition(string path, bool mountedHere)
    {
        Path = path;
        this.mountedHere = mountedHere;
    }

    /// <summary>Where it is mounted, read-only.</summary>
    public string Path { get; }

    /// <summary>The one that this system's image lies on.</summary>
    public static StatePartition Booted => new(SystemPaths.State, mountedHere: false);

    /// <summary>Mounts it at a place that nothing else uses.</summary>
    public static StatePartition Mount(BlockDevice device)
    {
        var place = $"/run/kairosboot/state.{Syscall.GetPid()}";
        Syscall.MakeDirectories(place);
        Syscall.Mount(device.Node, place, device.Superblock?.MountType ?? "ext4", MountFlags.ReadOnly, "");
        return new(place, mountedHere: true);
    }

    /// <summary>That of the running system, on the disk it was booted from.</summary>
    /// <exception cref="OperatorException">This is no such system, or its disk has none.</exception>
    public static StatePartition Find()
    {
        string? source = null;
        foreach (var mount in MountTable.Read())
            if (mount.MountPoint == SystemPaths.State) source = mount.Source;
        if (source is null)
            throw new OperatorException($"nothing is mounted at {SystemPaths.State}: kairos-boot did not start this system",
                "run it on a machine that kairos-boot started, or name a mounted COS_STATE with --state");
        var devices = BlockDeviceScan.All(new Dictionary<string, BlockDevice>());
        BlockDevice? images = null;
        foreach (var device in devices)
            if (device.Node == source) images = device;
        var found = DeviceSearch.Find(DeviceRef.Label(SystemPaths.StateLabel), devices, images?.Disk, onBootDiskOnly: true);
        if (images is not null && found.Candidates.Contains(images)) return Booted;
        return found.Device is { } state
            ? Mount(state)
            : throw new OperatorException($"the disk of {source} has no {SystemPaths.StateLabel}, or more than one", "name it, mounted, with --state");
    }

    public void Dispose()
    {
        if (!mountedHere) return;
        Syscall.Umount(Path);
        Syscall.RmDir(Path);
    }
}
