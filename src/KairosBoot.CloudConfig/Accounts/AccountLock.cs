using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>The lock of the account files that useradd(8), passwd(1) and others take: lckpwdf(3).</summary>
internal static class AccountLock
{
    internal const string FilePath = "/etc/.pwd.lock";

    // Limit of lckpwdf(3). fcntl(2) has no limit, and a signal for it would reach all threads.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15), Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Closing the handle releases the lock. Null: /etc is read-only, so no program can change the files.</summary>
    /// <exception cref="OperatorException">Another process has had it for the whole time. The message names the process.</exception>
    /// <param name="limit">Null: 15 s.</param>
    internal static FileHandle? Take(TimeSpan? limit = null)
    {
        if (Open() is not { } file) return null;
        try
        {
            var end = Syscall.BootTimeMicroseconds() + (long)(limit ?? Limit).TotalMicroseconds;
            while (!Syscall.TryLockRecord(file))
            {
                if (Syscall.BootTimeMicroseconds() > end) throw Held(file);
                Syscall.Pause(Interval);
            }
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static FileHandle? Open()
    {
        using var place = Directories.Walker.Place(FilePath);
        try
        {
            return Syscall.OpenAt(place.Directory, place.Name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.NoFollow
                | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal, FilePermissions.OwnerOnly);
        }
        catch (SyscallException e) when (e.Errno == Errno.EROFS) { return null; }
    }

    private static OperatorException Held(FileHandle file)
    {
        var holder = Syscall.RecordLockHolder(file);
        if (holder <= 0) holder = FindUser(Syscall.FStat(file));
        var name = holder <= 0 ? "an unknown process"
            : $"process {holder.ToString()} ({FileText.TryReadAttribute($"/proc/{holder.ToString()}/comm") ?? "unknown"})";
        return new OperatorException(
            $"{FilePath} is locked by {name} for more than {((int)Limit.TotalSeconds).ToString()} s, so no account was changed",
            "end that process, then run the stage again");
    }

    /// <summary>The kernel names no process for the lock of an open file description. 0: not found.</summary>
    private static int FindUser(FileStatus file)
    {
        foreach (var name in Syscall.ReadDirectoryIfThere("/proc"))
        {
            if (!int.TryParse(name, out var pid) || pid == Syscall.GetPid()) continue;
            try
            {
                foreach (var descriptor in Syscall.ReadDirectoryIfThere($"/proc/{name}/fd"))
                {
                    var path = $"/proc/{name}/fd/{descriptor}";
                    if (Syscall.TryStat(path) is { } open && (open.Inode, open.Device) == (file.Inode, file.Device)) return pid;
                }
            }
            catch (SyscallException) { } // it has ended
        }
        return 0;
    }
}
