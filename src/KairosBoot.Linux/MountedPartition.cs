using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>A partition that is mounted, read-only as a rule, and writable for as long as one change takes.</summary>
public static class MountedPartition
{
    /// <summary>
    /// A file system has one state for all its mounts: a second, writable mount of the device is refused while the first one is read-only. So it
    /// is this one that changes, for an instant; files that are open for reading, an image behind a loop device among them, do not notice.
    /// </summary>
    /// <exception cref="SyscallException">Nothing is mounted there, or the partition does not take it. It is read-only afterwards as before.</exception>
    public static void Change(string mountPoint, Action change)
    {
        MountInfo? mount = null;
        foreach (var candidate in MountTable.Read())
            if (candidate.MountPoint == mountPoint) mount = candidate;
        if (mount is null) throw new SyscallException("statx", mountPoint + " as a mount point", Errno.ENOENT);
        Change(mount, change);
    }

    /// <summary>The same for the partition that a path is on.</summary>
    public static void ChangeAt(string path, Action change)
    {
        MountInfo? mount = null;
        foreach (var candidate in MountTable.Read())
            if (MountPath.IsInside(path, candidate.MountPoint) && (mount is null || candidate.MountPoint.Length >= mount.MountPoint.Length)) mount = candidate;
        if (mount is null) throw new SyscallException("statx", path, Errno.ENOENT);
        Change(mount, change);
    }

    private static void Change(MountInfo mount, Action change)
    {
        if (!mount.ReadOnly)
        {
            change();
            return;
        }
        var mountPoint = mount.MountPoint;
        if (HasErrors(mount.Source)) throw new SyscallException("mount -o remount,rw", $"{mountPoint}, whose superblock says that it has errors", Errno.EUCLEAN);
        // Without MS_BIND: the file system itself is to become writable, with this mount's other flags as they are.
        var flags = MountFlags.Remount | MountOptions.Parse(mount.Options).Flags;
        Syscall.Mount(mount.Source, mountPoint, "", flags & ~MountFlags.ReadOnly, "");
        try { change(); }
        // This writes the journal back: the next boot, and GRUB, which replays none, find everything in its place.
        finally { Syscall.Mount(mount.Source, mountPoint, "", flags | MountFlags.ReadOnly, ""); }
    }

    // s_state of the ext family, EXT4_ERROR_FS: whatever is written there now could make it worse. Others refuse by themselves.
    private static bool HasErrors(string device)
    {
        using var file = Syscall.Open(device, OpenFlags.ReadOnly);
        Span<byte> window = stackalloc byte[4];
        return Syscall.PRead(file, window, 0x438) == 4 && window[0] == 0x53 && window[1] == 0xEF && (window[2] & 2) != 0;
    }
}
