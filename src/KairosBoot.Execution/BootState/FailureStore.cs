using System.Collections.Immutable;
using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// The records of failed boots on a partition, <see cref="FailureFile"/> at its root. A partition that is mounted read-only is writable for
/// as long as one change takes. Every method throws <see cref="SyscallException"/> where the partition does not take it, or
/// <see cref="OperatorException"/> where a user has put something in the way.
/// </summary>
public static class FailureStore
{
    // The log of a boot may hold what a cloud-config printed: it is for root and its group.
    private const int OwnerAndGroup = Octal.O640;

    /// <summary>Adds a record; the file is the old one or the new one, whatever happens to the power.</summary>
    /// <param name="mountPoint">Of the partition.</param>
    /// <param name="record">What happened.</param>
    public static void Add(string mountPoint, FailureRecord record) => MountedPartition.Change(mountPoint, () =>
    {
        using var place = new PathWalker(mountPoint).Place(SystemPaths.FailedBoots, new NewDirectories(Octal.O755), followLast: false);
        using var file = new FileReplacement(place, OwnerAndGroup, uid: 0, gid: 0, place.Name + ".new");
        Syscall.WriteAll(file.File, Encoding.UTF8.GetBytes(FailureFile.Add(ReadEnd(place.Directory, place.Name), record)));
        file.Commit();
        Sync(place.Directory);
        using var root = Syscall.Open(mountPoint, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.FSync(root);
    });

    /// <summary>Records that no boot has reported yet, oldest first. Costs one open(2) where there is none.</summary>
    public static ImmutableArray<FailureRecord> Read(string mountPoint) => Read(mountPoint, SystemPaths.FailedBoots);

    /// <summary>Records that a boot has reported.</summary>
    public static ImmutableArray<FailureRecord> ReadReported(string mountPoint) => Read(mountPoint, SystemPaths.FailedBootsReported);

    private static ImmutableArray<FailureRecord> Read(string mountPoint, string path)
    {
        using var directory = TryOpenDirectory(mountPoint);
        return directory is null ? [] : FailureFile.Parse(ReadEnd(directory, Name(path)));
    }

    /// <summary>False: nothing waits to be reported there.</summary>
    public static bool HasNew(string mountPoint)
    {
        using var directory = TryOpenDirectory(mountPoint);
        return directory is not null && Syscall.TryStatAt(directory, Name(SystemPaths.FailedBoots)) is { Type: FileType.Regular };
    }

    /// <summary>Takes permissions from files of earlier versions that had more.</summary>
    public static void Tighten(string mountPoint)
    {
        using var directory = TryOpenDirectory(mountPoint);
        if (directory is null) return;
        foreach (var path in (string[])[SystemPaths.FailedBoots, SystemPaths.FailedBootsReported])
        {
            if (!IsOpenToOthers(Syscall.TryStatAt(directory, Name(path)))) continue;
            MountedPartition.Change(mountPoint, () =>
            {
                using var file = Syscall.OpenAt(directory, Name(path), OpenFlags.Path | OpenFlags.NoFollow);
                if (IsOpenToOthers(Syscall.FStat(file))) Syscall.ChMod(file, OwnerAndGroup);
            });
        }
    }

    private static bool IsOpenToOthers(FileStatus? file) => file is { Type: FileType.Regular } status && (status.Mode & ~OwnerAndGroup) != 0;

    /// <summary>What was there is reported: the next boot does not report it again.</summary>
    public static void MarkReported(string mountPoint) => MountedPartition.Change(mountPoint, () =>
    {
        using var directory = TryOpenDirectory(mountPoint) ?? throw new SyscallException("rename", mountPoint + SystemPaths.FailedBoots, Errno.ENOENT);
        Syscall.RenameAt(directory, Name(SystemPaths.FailedBoots), directory, Name(SystemPaths.FailedBootsReported));
        Sync(directory);
    });

    // No more than the file may hold, from its end, where the newest stands: whatever is there is not a reason to run out of memory.
    private static string ReadEnd(FileHandle directory, string name)
    {
        using var found = Syscall.TryOpenAt(directory, name, OpenFlags.Path | OpenFlags.NoFollow);
        if (found is null || Syscall.FStat(found) is not { Type: FileType.Regular } status) return "";
        using var file = Syscall.Reopen(found, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        var buffer = new byte[Math.Min(status.Size, FailureFile.MaxBytes)];
        var read = Syscall.PRead(file, buffer, status.Size - buffer.Length);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }

    // One name below the root of the partition: a link there is none of ours.
    private static FileHandle? TryOpenDirectory(string mountPoint)
    {
        using var root = Syscall.TryOpen(mountPoint, OpenFlags.Path | OpenFlags.Directory);
        return root is null ? null : Syscall.TryOpenAt(root, DirectoryName, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow);
    }

    private static string DirectoryName => SystemPaths.FailedBoots[1..SystemPaths.FailedBoots.LastIndexOf('/')];

    private static string Name(string path) => PathParts.NameOf(path);

    private static void Sync(FileHandle directory)
    {
        using var opened = Syscall.Reopen(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.FSync(opened);
    }
}
