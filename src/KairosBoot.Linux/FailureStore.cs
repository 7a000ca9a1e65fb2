using System.Collections.Immutable;
using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// The records of failed boots on a partition, <see cref="FailureFile"/> at its root. A partition that is mounted read-only is writable for
/// as long as one change takes. Every method throws <see cref="SyscallException"/> where the partition does not take it.
/// </summary>
public static class FailureStore
{
    private const int OwnerAndGroup = 0b110_100_000;

    /// <summary>Adds a record; the file is the old one or the new one, whatever happens to the power.</summary>
    /// <param name="mountPoint">Of the partition.</param>
    /// <param name="record">What happened.</param>
    public static void Add(string mountPoint, FailureRecord record) => MountedPartition.Change(mountPoint, () =>
    {
        var path = mountPoint + SystemPaths.FailedBoots;
        var unfinished = path + ".new";
        Syscall.MakeDirectories(Parent(path));
        try
        {
            using var file = Syscall.Open(unfinished, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, OwnerAndGroup);
            Syscall.WriteAll(file, Encoding.UTF8.GetBytes(FailureFile.Add(ReadEnd(path), record)));
            Syscall.FSync(file);
        }
        catch (SyscallException)
        {
            if (Syscall.TryLStat(unfinished) is not null) Syscall.Unlink(unfinished);
            throw;
        }
        Syscall.Rename(unfinished, path);
        SyncDirectory(Parent(path));
        SyncDirectory(mountPoint);
    });

    /// <summary>Records that no boot has reported yet, oldest first. Costs a stat(2) where there is none.</summary>
    public static ImmutableArray<FailureRecord> Read(string mountPoint) => FailureFile.Parse(ReadEnd(mountPoint + SystemPaths.FailedBoots));

    /// <summary>Records that a boot has reported.</summary>
    public static ImmutableArray<FailureRecord> ReadReported(string mountPoint) =>
        FailureFile.Parse(ReadEnd(mountPoint + SystemPaths.FailedBootsReported));

    /// <summary>False: nothing waits to be reported there.</summary>
    public static bool HasNew(string mountPoint) => Syscall.TryStat(mountPoint + SystemPaths.FailedBoots) is { Type: FileType.Regular };

    /// <summary>What was there is reported: the next boot is not told again.</summary>
    public static void MarkReported(string mountPoint) => MountedPartition.Change(mountPoint, () =>
    {
        Syscall.Rename(mountPoint + SystemPaths.FailedBoots, mountPoint + SystemPaths.FailedBootsReported);
        SyncDirectory(Parent(mountPoint + SystemPaths.FailedBoots));
    });

    // No more than the file may hold, from its end, where the newest stands: whatever is there is not a reason to run out of memory.
    private static string ReadEnd(string path)
    {
        using var file = Syscall.TryOpen(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        if (file is null || Syscall.FStat(file) is not { Type: FileType.Regular } status) return "";
        var buffer = new byte[Math.Min(status.Size, FailureFile.MostBytes)];
        var read = Syscall.PRead(file, buffer, status.Size - buffer.Length);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }

    private static void SyncDirectory(string path)
    {
        using var directory = Syscall.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.FSync(directory);
    }

    private static string Parent(string path) => path[..path.LastIndexOf('/')];
}
