namespace KairosBoot.Plan;

/// <summary>Parts of a path, without access to a file system.</summary>
public static class PathParts
{
    /// <summary>The part after the last slash; the whole path if it has no slash.</summary>
    public static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>The part before the last slash; <c>/</c> for a name in the root, empty for a path without a slash.</summary>
    public static string ParentOf(string path) => path.LastIndexOf('/') switch
    {
        < 0 => "",
        0 => "/",
        var slash => path[..slash],
    };

    /// <summary>The names of a path, in order. Slashes at the start, at the end and in a row have no names between them.</summary>
    public static string[] NamesOf(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);
}
