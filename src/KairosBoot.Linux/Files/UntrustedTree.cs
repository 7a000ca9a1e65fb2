namespace KairosBoot.Linux;

/// <summary>
/// A tree of files of which nothing is trusted, as a process sees it that has its root there: links and ".." never lead out of it. Each call finds its file
/// by descriptors, so that what is exchanged meanwhile changes nothing about that.
/// </summary>
public static class UntrustedTree
{
    /// <summary>Opens a file for its status and <see cref="Syscall.Reopen"/>. Null where nothing is there, or links have no end.</summary>
    /// <param name="root">Top directory.</param>
    /// <param name="path">In the tree, with or without a leading slash.</param>
    /// <param name="followLast">False: of a link at the end, the link itself.</param>
    public static FileHandle? TryOpen(string root, string path, bool followLast = true)
    {
        using var top = Syscall.Open(root, OpenFlags.Path | OpenFlags.Directory);
        // Without a name, the root itself.
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

    /// <summary>Of what a path leads to. Null where nothing is there.</summary>
    public static FileStatus? TryStat(string root, string path, bool followLast = true)
    {
        using var file = TryOpen(root, path, followLast);
        return file is null ? null : Syscall.FStat(file);
    }

    /// <summary>Whether a path leads to something.</summary>
    public static bool Has(string root, string path) => TryStat(root, path) is not null;

    /// <summary>Whether a path leads to a directory.</summary>
    public static bool HasDirectory(string root, string path) => TryStat(root, path)?.Type == FileType.Directory;

    /// <summary>All of a regular file. Null where nothing is there.</summary>
    /// <exception cref="Plan.OperatorException">It is something else, or larger than the limit.</exception>
    public static byte[]? TryRead(string root, string path, ReadLimit limit)
    {
        using var file = TryOpen(root, path);
        return file is null ? null : BoundedFile.Read(file, limit);
    }

    /// <summary>Names in a directory, in byte order; none where it is no directory.</summary>
    public static IReadOnlyList<string> Names(string root, string path)
    {
        using var found = TryOpen(root, path);
        if (found is null || Syscall.FStat(found).Type != FileType.Directory) return [];
        using var directory = Syscall.Reopen(found, OpenFlags.ReadOnly | OpenFlags.Directory);
        return Syscall.ReadDirectory(directory);
    }
}
