namespace KairosBoot.Plan;

/// <summary>Parts of a path, without access to a file system.</summary>
public static class PathParts
{
    /// <summary>The part after the last slash; the whole path if it has no slash.</summary>
    public static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <inheritdoc cref="NameOf(string)"/>
    public static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>The part before the last slash; <c>/</c> for a name in the root, empty for a path without a slash.</summary>
    public static string ParentOf(string path) => path.LastIndexOf('/') switch
    {
        < 0 => "",
        0 => "/",
        var slash => path[..slash],
    };

    /// <summary>The names of a path in order, without empty ones: those of <c>//a/b/</c> are <c>a</c> and <c>b</c>.</summary>
    public static string[] NamesOf(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Each directory on the way to the end of a path, and the path itself: <c>/a</c>, <c>/a/b</c>.</summary>
    /// <param name="path">Without empty names.</param>
    public static IEnumerable<string> PrefixesOf(string path)
    {
        for (var end = path.IndexOf('/', Math.Min(1, path.Length)); end >= 0; end = path.IndexOf('/', end + 1)) yield return path[..end];
        yield return path;
    }

    /// <summary>True: relative, and no part is empty, <c>.</c> or <c>..</c>.</summary>
    public static bool IsPlainMember(string path)
    {
        foreach (var name in path.Split('/'))
            if (name is "" or "." or "..") return false;
        return true;
    }

    /// <summary>The path of a name in a directory.</summary>
    /// <param name="directory">Without a slash at its end, except <c>/</c>.</param>
    /// <param name="name">Empty: the directory itself.</param>
    public static string Below(string directory, string name) =>
        name.Length == 0 ? directory : $"{(directory == "/" ? "" : directory)}/{name}";
}
