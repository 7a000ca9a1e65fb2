namespace KairosBoot.Plan;

/// <summary>A file of a system tree.</summary>
/// <param name="text">The content. Bytes that are not UTF-8 are replaced.</param>
/// <param name="isExecutable">Its owner may execute it.</param>
public sealed class TreeFile(string text, bool isExecutable)
{
    public string Text => text;
    public bool IsExecutable => isExecutable;

    /// <summary>True: the kernel starts it with an interpreter, so its text says what it does.</summary>
    public bool IsScript => text.StartsWith("#!", StringComparison.Ordinal);
}

/// <summary>
/// Read access to a system tree or an image. Paths are absolute in the tree, and links never lead out of it. A caller that reads real files
/// limits their size.
/// </summary>
/// <param name="link">The target of the link at a path; null: no link is there.</param>
/// <param name="read">The regular file that a path leads to; null: there is none, or it is too large to be a text.</param>
/// <param name="names">The names in a directory; empty: no directory is there.</param>
public sealed class SystemTree(Func<string, string?> link, Func<string, TreeFile?> read, Func<string, IReadOnlyList<string>> names)
{
    public string? Link(string path) => link(path);

    public TreeFile? Read(string path) => read(path);

    /// <summary>In byte order.</summary>
    public IReadOnlyList<string> Names(string directory) => [.. names(directory).Order(StringComparer.Ordinal)];
}
