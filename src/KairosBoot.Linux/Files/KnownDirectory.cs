namespace KairosBoot.Linux;

/// <summary>
/// The directory of the last walk, for a caller that writes one file after another in it. It is kept only if every directory above it can
/// be changed by root alone. It holds until root changes the tree in another way than by creating or replacing files: before that, the
/// caller forgets it.
/// </summary>
public sealed class KnownDirectory
{
    private FileHandle? directory;
    private string start = "";

    /// <summary>Status of the root of the walk, and of the directory.</summary>
    internal (FileStatus Root, FileStatus Directory) Statuses { get; private set; }

    /// <summary>The directory has no label of SELinux that a new file in it would get.</summary>
    internal bool HasNoLabel { get; set; }

    /// <param name="path">Names below the root of the walk: <c>etc/ssh</c>.</param>
    /// <param name="opened">Stays the caller's.</param>
    /// <param name="root">Status of the root.</param>
    /// <param name="status">Status of the directory.</param>
    internal void Keep(string path, FileHandle opened, FileStatus root, FileStatus status)
    {
        Forget();
        (directory, start, Statuses) = (Syscall.Duplicate(opened), $"/{path}/", (root, status));
    }

    /// <summary>The path below this directory and a new descriptor of it; null: the path does not start with this directory.</summary>
    internal FileHandle? TryEnter(string path, out string rest)
    {
        rest = "";
        if (directory is null || !path.StartsWith(start, StringComparison.Ordinal)) return null;
        rest = path[start.Length..];
        // The last name of a path is never a directory that was kept.
        return rest.AsSpan().Trim("/.").IsEmpty ? null : Syscall.Duplicate(directory);
    }

    /// <summary>The path of the directory, of <see cref="Keep"/>.</summary>
    internal string Path => start.Trim('/');

    public void Forget()
    {
        directory?.Dispose();
        (directory, HasNoLabel) = (null, false);
    }
}
