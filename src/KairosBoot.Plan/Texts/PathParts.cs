namespace KairosBoot.Plan;

/// <summary>Parts of a path, without access to a file system.</summary>
public static class PathParts
{
    /// <summary>The part after the last slash; the whole path if it has no slash.</summary>
    public static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
