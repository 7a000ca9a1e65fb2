using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>A mounted partition, normally read-only, that is made writable for the duration of a change.</summary>
public static class MountedPartition
{
    // For other programs that have a file open for writing: an operator's cp, or an access time that is being written.
    private static readonly TimeSpan MaxWaitForWriters = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Makes the partition writable, runs the change, and makes the partition read-only again. All mounts of a file system share one
    /// state: while this one is read-only, the kernel refuses a second, writable mount of the device. So this mount is changed for a
    /// moment; files open for reading, such as an image on a loop device, are not affected. Concurrent and nested changes share the
    /// writable time: it ends with the last of them.
    /// </summary>
    /// <exception cref="SyscallException">The partition cannot be made writable; it is unchanged.</exception>
    /// <exception cref="OperatorException">Nothing is mounted there; the file system has errors; or the change was made, but another
    /// program keeps the partition from becoming read-only again.</exception>
    public static void Change(string mountPoint, Action change)
    {
        using var writers = PartitionWriters.Join(mountPoint);
        if (MountTable.Find(mountPoint) is not { } mount)
            throw NotMounted(mountPoint);
        // A program that may not write to /run may not mount either: either the partition is writable, or the change fails.
        if (writers is null || !MakeWritable(mount, writers)) change();
        else Change(mountPoint, writers, change);
    }

    /// <summary>The same for the partition that contains a path.</summary>
    public static void ChangeAt(string path, Action change)
    {
        MountInfo? mount = null;
        foreach (var candidate in MountTable.Read())
        {
            if (MountPath.IsInside(path, candidate.MountPoint) && (mount is null || candidate.MountPoint.Length >= mount.MountPoint.Length))
                mount = candidate;
        }

        if (mount is null) throw NotMounted(path);
        Change(mount.MountPoint, change);
    }

    private static void Change(string mountPoint, PartitionWriters writers, Action change)
    {
        try { change(); }
        catch
        {
            // The first error is the one to report; the next change tries to make it read-only again.
            try { MakeReadOnly(mountPoint, writers); } catch (SyscallException) { }
            throw;
        }
        MakeReadOnly(mountPoint, writers);
    }

    /// <returns>False: the partition is writable for another reason than our change, and stays so.</returns>
    private static bool MakeWritable(MountInfo mount, PartitionWriters writers)
    {
        if (!mount.ReadOnly) return writers.PreviousOptions.Length > 0;
        if (HasErrors(mount.Source))
        {
            throw new OperatorException($"{mount.MountPoint} cannot be made writable: its superblock says that it has errors",
                $"check it from recovery: e2fsck -f {mount.Source}");
        }
        if (writers.PreviousOptions.Length == 0) writers.Note(mount.Options);
        // Without MS_BIND, the file system itself becomes writable, and this mount keeps its other flags, except for access times:
        // reading the running system's image would write them, and any writer prevents the return to read-only.
        var flags = MountOptions.Parse(mount.Options).Flags & ~(MountFlags.ReadOnly | MountFlags.RelAtime | MountFlags.StrictAtime);
        try { Syscall.Mount(mount.Source, mount.MountPoint, "", MountFlags.Remount | MountFlags.NoAtime | flags, ""); }
        catch (SyscallException)
        {
            writers.Forget();
            throw;
        }
        return true;
    }

    // This writes the journal back: the next boot, and GRUB, which does not replay a journal, find the changed files.
    private static void MakeReadOnly(string mountPoint, PartitionWriters writers)
    {
        if (!writers.IsLast() || writers.PreviousOptions is not { Length: > 0 } before) return;
        var flags = MountFlags.Remount | MountFlags.ReadOnly | MountOptions.Parse(before).Flags;
        // mountinfo does not show strictatime. Without one of the three flags, mount(2) would keep the present one, which is noatime.
        if ((flags & (MountFlags.NoAtime | MountFlags.RelAtime)) == 0) flags |= MountFlags.StrictAtime;
        var end = Syscall.BootTimeMicroseconds() + (long)MaxWaitForWriters.TotalMicroseconds;
        for (; ; Syscall.Pause(TimeSpan.FromMilliseconds(10)))
        {
            // No event reports that the last writer of a file has closed it.
            try { Syscall.Mount("none", mountPoint, "", flags, ""); break; }
            catch (SyscallException e) when (e.Errno == Errno.EBUSY)
            {
                if (Syscall.BootTimeMicroseconds() >= end)
                {
                    throw new OperatorException(
                        $"{mountPoint} was changed but stays writable: a program has a file open for writing there ({e.Message})",
                        $"find it with fuser -vm {mountPoint}, end it, and run: mount -o remount,ro {mountPoint}");
                }
            }
        }
        writers.Forget();
    }

    private static OperatorException NotMounted(string path) => new($"nothing is mounted at {path}", "mount the partition first");

    // s_state of the ext file systems, EXT4_ERROR_FS: writing could increase the damage. Other file systems refuse by themselves.
    private static bool HasErrors(string device)
    {
        using var file = Syscall.Open(device, OpenFlags.ReadOnly);
        Span<byte> window = stackalloc byte[4];
        return Syscall.PRead(file, window, 0x438) == 4 && window[0] == 0x53 && window[1] == 0xEF && (window[2] & 2) != 0;
    }
}
