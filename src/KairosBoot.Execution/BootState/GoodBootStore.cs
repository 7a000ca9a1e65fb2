using System.Collections.Immutable;
using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>The list of the last good boots on a partition, a <see cref="GoodBootFile"/>.</summary>
public static class GoodBootStore
{
    private const int ReadableByAll = Octal.O644;

    /// <summary>Adds a boot, unless the list has it already. After a power cut the file is the old one or the new one.</summary>
    /// <param name="mountPoint">Mount point of the partition.</param>
    /// <param name="boot">The boot.</param>
    /// <exception cref="SyscallException">The partition cannot be written.</exception>
    public static void Add(string mountPoint, GoodBoot boot)
    {
        using var place = new PathWalker(mountPoint).Place(SystemPaths.GoodBoots, new NewDirectories(Octal.O755), followLast: false);
        using var directory = Syscall.Reopen(place.Directory, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.Lock(directory);
        var before = ReadEnd(place.Directory, place.Name);
        var after = GoodBootFile.Add(before, boot);
        if (after == before) return;
        using var file = new FileReplacement(place, ReadableByAll, uid: 0, gid: 0, place.Name + ".new");
        Syscall.WriteAll(file.File, Encoding.ASCII.GetBytes(after));
        file.Commit(sync: ReplacementSync.Name);
        using var root = Syscall.Open(mountPoint, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.FSync(root);
    }

    /// <summary>The boots, the oldest first, and the number of lines that are damaged. None if there is no list.</summary>
    /// <exception cref="SyscallException">It cannot be read.</exception>
    public static (ImmutableArray<GoodBoot> Boots, int Damaged) Read(string mountPoint)
    {
        using var root = Syscall.TryOpen(mountPoint, OpenFlags.Path | OpenFlags.Directory);
        using var directory = root is null ? null : Syscall.TryOpenAt(root, PathParts.ParentOf(SystemPaths.GoodBoots)[1..],
            OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow);
        return directory is null ? ([], 0) : GoodBootFile.Parse(ReadEnd(directory, PathParts.NameOf(SystemPaths.GoodBoots)));
    }

    // The newest boots are at the end. A larger file is not ours, and must not use up the memory.
    private static string ReadEnd(FileHandle directory, string name)
    {
        using var file = StateFile.TryOpen(directory, name, out var status);
        if (file is null) return "";
        var buffer = new byte[Math.Min(status.Size, GoodBootFile.MaxBytes)];
        return Encoding.UTF8.GetString(buffer, 0, Syscall.PRead(file, buffer, status.Size - buffer.Length));
    }
}
