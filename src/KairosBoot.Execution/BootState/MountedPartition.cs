using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>A partition that is mounted, read-only as a rule, and writable for as long as one change takes.</summary>
public static class MountedPartition
{
    // For whoever has a file there open for writing without asking us: a person's cp, a file's time of access being written.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A file system has one state for all its mounts: a second, writable mount of the device is refused while the first one is read-only. So it
    /// is this one that changes, for an instant; files that are open for reading, an image behind a loop device among them, do not notice. Changes by
    /// several programs, and changes within a change, share the time: it is read-only again when the last one has ended.
    /// </summary>
    /// <exception cref="SyscallException">Nothing is mounted there, or the partition does not take it: it is read-only as before. Or what the change
    /// did is in its place, and another program keeps the partition from being read-only again: then it says so.</exception>
    public static void Change(string mountPoint, Action change)
    {
        using var writers = PartitionWriters.Join(mountPoint);
        if (MountTable.Find(mountPoint) is not { } mount)
            throw new SyscallException("statx", mountPoint + " as a mount point", Errno.ENOENT);
        // Whoever may not write to /run may not mount either: the partition is writable, or refuses by itself.
        if (writers is null || !MakeWritable(mount, writers)) change();
        else Change(mountPoint, writers, change);
    }

    /// <summary>The same for the partition that a path is on.</summary>
    public static void ChangeAt(string path, Action change)
    {
        MountInfo? mount = null;
        foreach (var candidate in MountTable.Read())
            if (MountPath.IsInside(path, candidate.MountPoint) && (mount is null || candidate.MountPoint.Length >= mount.MountPoint.Length)) mount = candidate;
        if (mount is null) throw new SyscallException("statx", path, Errno.ENOENT);
        Change(mount.MountPoint, change);
    }

    private static void Change(string mountPoint, PartitionWriters writers, Action change)
    {
        try { change(); }
        catch
        {
            // What went wrong first is what has to be told; the next change tries this again.
            try { MakeReadOnly(mountPoint, writers); } catch (SyscallException) { }
            throw;
        }
        MakeReadOnly(mountPoint, writers);
    }

    /// <returns>False: it is writable for another reason than a change by us, and stays so.</returns>
    private static bool MakeWritable(MountInfo mount, PartitionWriters writers)
    {
        if (!mount.ReadOnly) return writers.Before.Length > 0;
        if (HasErrors(mount.Source)) throw new SyscallException("mount -o remount,rw", $"{mount.MountPoint}, whose superblock says that it has errors", Errno.EUCLEAN);
        if (writers.Before.Length == 0) writers.Note(mount.Options);
        // Without MS_BIND: the file system itself is to become writable, with this mount's other flags as they are. But for times of access: reading
        // the image that the system runs from would write its own, and who writes anything is in the way of the return to read-only.
        var flags = MountOptions.Parse(mount.Options).Flags & ~(MountFlags.ReadOnly | MountFlags.RelAtime | MountFlags.StrictAtime);
        try { Syscall.Mount(mount.Source, mount.MountPoint, "", MountFlags.Remount | MountFlags.NoAtime | flags, ""); }
        catch (SyscallException)
        {
            writers.Forget();
            throw;
        }
        return true;
    }

    // This writes the journal back: the next boot, and GRUB, which replays none, find everything in its place.
    private static void MakeReadOnly(string mountPoint, PartitionWriters writers)
    {
        if (!writers.IsLast() || writers.Before is not { Length: > 0 } before) return;
        var flags = MountFlags.Remount | MountFlags.ReadOnly | MountOptions.Parse(before).Flags;
        // The kernel has no word for it among a mount's options, and keeps what is there, noatime by now, where mount(2) is given none of the three.
        if ((flags & (MountFlags.NoAtime | MountFlags.RelAtime)) == 0) flags |= MountFlags.StrictAtime;
        for (var end = Syscall.BootTimeMicroseconds() + (long)Patience.TotalMicroseconds; ; Syscall.Pause(TimeSpan.FromMilliseconds(10)))
        {
            // No event says when a file's last writer has gone.
            try { Syscall.Mount("none", mountPoint, "", flags, ""); break; }
            catch (SyscallException e) when (e.Errno == Errno.EBUSY)
            {
                if (Syscall.BootTimeMicroseconds() >= end)
                {
                    throw new SyscallException("mount -o remount,ro", $"{mountPoint}, where what was to be changed is changed, and which stays writable: "
                        + "a program has a file there open for writing, see fuser -vm, end it and mount the partition read-only", Errno.EBUSY);
                }
            }
        }
        writers.Forget();
    }

    // s_state of the ext family, EXT4_ERROR_FS: whatever is written there now could make it worse. Others refuse by themselves.
    private static bool HasErrors(string device)
    {
        using var file = Syscall.Open(device, OpenFlags.ReadOnly);
        Span<byte> window = stackalloc byte[4];
        return Syscall.PRead(file, window, 0x438) == 4 && window[0] == 0x53 && window[1] == 0xEF && (window[2] & 2) != 0;
    }
}
