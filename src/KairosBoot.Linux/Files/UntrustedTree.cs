namespace KairosBoot.Linux;

/// <summary>
/// A tree from an untrusted source. Paths are resolved as for a process whose root is the top of the tree: links and ".." never lead out
/// of it. Each call finds its file by descriptors, so a concurrent replacement cannot change that.
/// </summary>
public static class UntrustedTree
{
    /// <summary>
    /// Opens a file for its status and <see cref="Syscall.Reopen"/>. Null: nothing is at the path, or its links form a loop.
    /// </summary>
    /// <param name="root">Top directory.</param>
    /// <param name="path">In the tree, with or without a leading slash.</param>
    /// <param name="followLast">False: open a link at the end of the path itself.</param>
    public static FileHandle? TryOpen(string root, string path, bool followLast = true)
    {
        using var top = Syscall.Open(root, OpenFlags.Path | OpenFlags.Directory);
        // An empty path is the root itself.
        var inside = path.Trim('/').Length == 0 ? "." : path;
        var found = Syscall.TryOpenInRoot(top, inside, followLast, out var isSupported);
        return isSupported ? found : Walk(root, inside, followLast);
    }

    /// <summary>The same without openat2(2).</summary>
    internal static FileHandle? Walk(string root, string path, bool followLast)
    {
        try { return new PathWalker(root, ignoreOwners: true).TryOpen(path, followLast); }
        catch (SyscallException failure) when (failure.Errno == Errno.ELOOP) { return null; }
    }

    /// <summary>Status of the file at a path. Null: nothing is at the path.</summary>
    public static FileStatus? TryStat(string root, string path, bool followLast = true)
    {
        using var file = TryOpen(root, path, followLast);
        return file is null ? null : Syscall.FStat(file);
    }

    /// <summary>True: the path leads to a file.</summary>
    public static bool Has(string root, string path) => TryStat(root, path) is not null;

    /// <summary>True: the path leads to a directory.</summary>
    public static bool HasDirectory(string root, string path) => TryStat(root, path)?.Type == FileType.Directory;

    /// <summary>The content of a regular file. Null: nothing is at the path.</summary>
    /// <exception cref="Plan.OperatorException">It is not a regular file, or it is too large.</exception>
    public static byte[]? TryRead(string root, string path, ReadLimit limit)
    {
        using var file = TryOpen(root, path);
        return file is null ? null : BoundedFile.Read(file, limit);
    }

    /// <summary>The first bytes of a regular file. Empty: nothing is at the path, or it is not a regular file.</summary>
    public static byte[] Head(string root, string path, int maxBytes)
    {
        using var file = TryOpen(root, path);
        if (file is null || Syscall.FStat(file).Type != FileType.Regular) return [];
        using var open = Syscall.Reopen(file, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        var head = new byte[maxBytes];
        return head[..Syscall.PRead(open, head, 0)];
    }

    /// <summary>Names in a directory, in byte order; empty: it is not a directory.</summary>
    public static IReadOnlyList<string> Names(string root, string path)
    {
        using var found = TryOpen(root, path);
        if (found is null || Syscall.FStat(found).Type != FileType.Directory) return [];
        using var directory = Syscall.Reopen(found, OpenFlags.ReadOnly | OpenFlags.Directory);
        return Syscall.ReadDirectory(directory);
    }
}
