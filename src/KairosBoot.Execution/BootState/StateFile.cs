using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>A small file on COS_STATE that GRUB reads: replaced by another one, so that there is always a whole one.</summary>
internal static class StateFile
{
    private const int ReadableByAll = Octal.O644;

    /// <param name="directory">On a partition that is writable now.</param>
    /// <param name="name">Of the file in it.</param>
    /// <param name="content">All of it.</param>
    /// <exception cref="SyscallException">It is unchanged.</exception>
    internal static void Replace(FileHandle directory, string name, ReadOnlySpan<byte> content)
    {
        var unfinished = name + ".unfinished";
        // From an earlier try, or a link that somebody put there.
        FileTree.Delete(directory, unfinished);
        try
        {
            using var file = Syscall.OpenAt(directory, unfinished,
                OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, ReadableByAll);
            Syscall.WriteAll(file, content);
            Syscall.FSync(file);
        }
        catch (SyscallException)
        {
            FileTree.Delete(directory, unfinished);
            throw;
        }
        Syscall.RenameAt(directory, unfinished, directory, name);
        Settle(directory);
    }

    /// <summary>Opens a small file for reading. Null: nothing has that name, or no regular file, which is not opened: that could be an action in
    /// itself.</summary>
    internal static FileHandle? TryOpen(FileHandle directory, string name, out FileStatus status)
    {
        status = default;
        using var found = Syscall.TryOpenAt(directory, name, OpenFlags.Path | OpenFlags.NoFollow);
        if (found is null || (status = Syscall.FStat(found)).Type != FileType.Regular) return null;
        return Syscall.Reopen(found, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
    }

    /// <summary>What was done to names is where GRUB, which replays no journal, looks for it.</summary>
    internal static void Settle(FileHandle directory)
    {
        Syscall.FSync(directory);
        Syscall.SyncFs(directory);
    }

    internal static string Parent(string path) => path[..Math.Max(1, path.LastIndexOf('/'))];

    internal static string Name(string path) => PathParts.NameOf(path);
}
