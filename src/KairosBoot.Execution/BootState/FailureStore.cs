using System.Collections.Immutable;
using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// The records of failed boots on a partition, a <see cref="FailureFile"/>. A read-only partition is made writable for the duration of a
/// change. Methods throw <see cref="SyscallException"/> if the partition cannot be written, and <see cref="OperatorException"/> if a
/// user's file is in the way.
/// </summary>
public static class FailureStore
{
    // The log of a boot may contain output of a cloud-config, which only root and its group may read.
    private const int OwnerAndGroup = Octal.O640;

    /// <summary>Adds a record. After a power cut the file is the old one or the new one.</summary>
    /// <param name="mountPoint">Mount point of the partition.</param>
    /// <param name="record">The failure.</param>
    public static void Add(string mountPoint, FailureRecord record) => Add(mountPoint, SystemPaths.FailedBoots, [record], null);

    /// <summary>Adds records that this boot has reported already, and replaces the mark.</summary>
    /// <param name="mountPoint">As above.</param>
    /// <param name="records">The records, the oldest first.</param>
    /// <param name="mark">From <see cref="LostBoot"/>; null: none.</param>
    public static void AddReported(string mountPoint, List<FailureRecord> records, string? mark) =>
        Add(mountPoint, SystemPaths.FailedBootsReported, records, mark);

    private static void Add(string mountPoint, string path, List<FailureRecord> records, string? mark) =>
        MountedPartition.Change(mountPoint, () =>
    {
        using var place = new PathWalker(mountPoint).Place(path, new NewDirectories(Octal.O755), followLast: false);
        using var file = new FileReplacement(place, OwnerAndGroup, uid: 0, gid: 0, place.Name + ".new");
        Syscall.WriteAll(file.File, Encoding.UTF8.GetBytes(FailureFile.Add(ReadEnd(place.Directory, place.Name), records, mark)));
        file.Commit(sync: ReplacementSync.Name);
        using var root = Syscall.Open(mountPoint, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.FSync(root);
    });

    /// <summary>Records that no boot has reported yet, the oldest first. Costs one open(2) if there are none.</summary>
    public static ImmutableArray<FailureRecord> Read(string mountPoint) => Read(mountPoint, SystemPaths.FailedBoots);

    /// <summary>Records that a boot has reported.</summary>
    public static ImmutableArray<FailureRecord> ReadReported(string mountPoint) => Read(mountPoint, SystemPaths.FailedBootsReported);

    /// <summary>The mark that the last boot that followed a lost one wrote; empty: none.</summary>
    public static string ReadMark(string mountPoint) => FailureFile.Mark(ReadText(mountPoint, SystemPaths.FailedBootsReported));

    private static ImmutableArray<FailureRecord> Read(string mountPoint, string path) => FailureFile.Parse(ReadText(mountPoint, path));

    private static string ReadText(string mountPoint, string path)
    {
        using var directory = TryOpenDirectory(mountPoint);
        return directory is null ? "" : ReadEnd(directory, PathParts.NameOf(path));
    }

    /// <summary>False: no record waits to be reported.</summary>
    public static bool HasNew(string mountPoint)
    {
        using var directory = TryOpenDirectory(mountPoint);
        return directory is not null
            && Syscall.TryStatAt(directory, PathParts.NameOf(SystemPaths.FailedBoots)) is { Type: FileType.Regular };
    }

    /// <summary>Removes excess permissions from files of earlier versions.</summary>
    public static void Tighten(string mountPoint)
    {
        using var directory = TryOpenDirectory(mountPoint);
        if (directory is null) return;
        foreach (var path in (string[])[SystemPaths.FailedBoots, SystemPaths.FailedBootsReported])
        {
            if (!IsOpenToOthers(Syscall.TryStatAt(directory, PathParts.NameOf(path)))) continue;
            MountedPartition.Change(mountPoint, () =>
            {
                using var file = Syscall.OpenAt(directory, PathParts.NameOf(path), OpenFlags.Path | OpenFlags.NoFollow);
                if (IsOpenToOthers(Syscall.FStat(file))) Syscall.ChMod(file, OwnerAndGroup);
            });
        }
    }

    private static bool IsOpenToOthers(FileStatus? file) =>
        file is { Type: FileType.Regular } status && (status.Mode & ~OwnerAndGroup) != 0;

    /// <summary>Marks all records as reported, so that the next boot does not report them again.</summary>
    public static void MarkReported(string mountPoint) => MountedPartition.Change(mountPoint, () =>
    {
        using var directory = TryOpenDirectory(mountPoint)
            ?? throw new OperatorException(mountPoint + SystemPaths.FailedBoots + " was removed meanwhile",
                "stop the program that changes it");
        Syscall.RenameAt(directory, PathParts.NameOf(SystemPaths.FailedBoots),
            directory, PathParts.NameOf(SystemPaths.FailedBootsReported));
        Sync(directory);
    });

    // At most the maximum size of the file, from its end with the newest records: a larger file must not use up the memory.
    private static string ReadEnd(FileHandle directory, string name)
    {
        using var found = Syscall.TryOpenAt(directory, name, OpenFlags.Path | OpenFlags.NoFollow);
        if (found is null || Syscall.FStat(found) is not { Type: FileType.Regular } status) return "";
        using var file = Syscall.Reopen(found, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        var buffer = new byte[Math.Min(status.Size, FailureFile.MaxBytes)];
        var read = Syscall.PRead(file, buffer, status.Size - buffer.Length);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }

    // A single name at the root of the partition: KairosBoot never puts a link there, so a link is not followed.
    private static FileHandle? TryOpenDirectory(string mountPoint)
    {
        using var root = Syscall.TryOpen(mountPoint, OpenFlags.Path | OpenFlags.Directory);
        return root is null ? null : Syscall.TryOpenAt(root, DirectoryName, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow);
    }

    private static string DirectoryName => PathParts.ParentOf(SystemPaths.FailedBoots)[1..];

    private static void Sync(FileHandle directory)
    {
        using var opened = Syscall.Reopen(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.FSync(opened);
    }
}
