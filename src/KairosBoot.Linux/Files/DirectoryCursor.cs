using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Opens directories of a tree in the order of a walk. The directories on the way to the last one stay open, so most calls need one system
/// call or none. Links on the way are not followed: a directory that was replaced by a link is not found.
/// </summary>
/// <param name="root">Top of the tree; must stay open while this is used.</param>
public sealed class DirectoryCursor(FileHandle root) : IDisposable
{
    // Two lists instead of a list of pairs: the latter would add code to the initrd.
    private readonly List<string> paths = [];
    private readonly List<FileHandle> way = [];

    /// <summary>
    /// Opens a directory for reading. The cursor owns it: it is valid until the next call. Null: no directory is at the path.
    /// </summary>
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

    /// <summary>The directory of a path, and the last name of the path.</summary>
    public (FileHandle Directory, string Name) Parent(string path)
    {
        var directory = TryOpen(PathParts.ParentOf(path))
            ?? throw new OperatorException(
                $"the directory of {root.Path}/{path} was replaced while it was in use", "stop the program that changes it");
        return (directory, PathParts.NameOf(path));
    }

    /// <summary>Closes open directories at or below the path, because the caller is about to replace it.</summary>
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
