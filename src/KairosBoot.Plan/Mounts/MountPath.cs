using System.Text;

namespace KairosBoot.Plan;

/// <summary>Absolute paths in the new root.</summary>
public static class MountPath
{
    /// <summary>
    /// One slash between names, none at the end. Null: not absolute, the root itself, or a name is <c>.</c> or <c>..</c>.
    /// </summary>
    public static string? TryNormalise(string path)
    {
        if (!path.StartsWith('/')) return null;
        if (IsNormal(path)) return path;
        var normal = new StringBuilder();
        foreach (var name in PathParts.NamesOf(path))
        {
            if (name is "." or ".." || name.Contains('\0')) return null;
            normal.Append('/').Append(name);
        }
        return normal.Length == 0 ? null : normal.ToString();
    }

    // Nearly every path of a layout. No: it has an empty name, a name that begins with a dot, or a NUL.
    private static bool IsNormal(string path)
    {
        for (var i = 0; i < path.Length; i++)
            if (path[i] == '\0' || (path[i] == '/' && (i + 1 == path.Length || path[i + 1] is '/' or '.'))) return false;
        return true;
    }

    /// <summary>Also true for the directory itself.</summary>
    public static bool IsInside(string path, string directory) =>
        path.StartsWith(directory, StringComparison.Ordinal)
            && (path.Length == directory.Length || directory == "/" || path[directory.Length] == '/');

    /// <summary>1 for <c>/etc</c>, 2 for <c>/etc/ssh</c>.</summary>
    public static int Depth(string path)
    {
        var depth = 0;
        foreach (var c in path)
            if (c == '/') depth++;
        return depth;
    }
}
