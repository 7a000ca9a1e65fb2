namespace KairosBoot.Linux;

/// <summary>
/// Opens directories of a tree in the order of a walk: the way to the last one stays open, so that most cost one call or none. No link is followed on
/// the way, and a directory that has become one is not found.
/// </summary>
/// <param name="root">Of the tree; stays open as long as this is used.</param>
public sealed class DirectoryCursor(FileHandle root) : IDisposable
{
    // Two lists and no list of pairs: that one would be code of its own in the initrd.
    private readonly List<string> paths = [];
    private readonly List<FileHandle> way = [];

    /// <summary>Opened for reading, and by the cursor only: valid until its next call. Null: no directory is there.</summary>
    /// <param name="path">Relative to the root; empty: the root.</param>
    public FileHandle? TryOpen(string path)
    {
        while (way.Count > 0 && !IsAtOrBelow(path, paths[^1])) Close();
        while (true)
        {
            var done = way.Count == 0 ? "" : paths[^1];
            var directory = way.Count == 0 ? root : way[^1];
            if (done.Length == path.Length) return directory;
            var start = done.Length == 0 ? 0 : done.Length + 1;
            var end = path.IndexOf('/', start);
            if (end < 0) end = path.Length;
            var next = Syscall.TryOpenAt(directory, path[start..end], OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
            if (next is null) return null;
            paths.Add(path[..end]);
            way.Add(next);
        }
    }

    /// <summary>The directory of a path, and its last name there.</summary>
    public (FileHandle Directory, string Name) Parent(string path)
    {
        var cut = path.LastIndexOf('/');
        var directory = TryOpen(path[..Math.Max(cut, 0)]) ?? throw new SyscallException("openat", $"{root.Path}/{path}", Errno.ENOTDIR);
        return (directory, path[(cut + 1)..]);
    }

    /// <summary>What has this path is about to be replaced: an open directory there is the one before.</summary>
    public void Forget(string path)
    {
        while (way.Count > 0 && IsAtOrBelow(paths[^1], path)) Close();
    }

    private void Close()
    {
        way[^1].Dispose();
        way.RemoveAt(way.Count - 1);
        paths.RemoveAt(paths.Count - 1);
    }

    private static bool IsAtOrBelow(string path, string directory) =>
        path.StartsWith(directory, StringComparison.Ordinal) && (path.Length == directory.Length || path[directory.Length] == '/');

    public void Dispose()
    {
        while (way.Count > 0) Close();
    }
}
