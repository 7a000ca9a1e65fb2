namespace KairosBoot.Plan;

/// <summary>
/// The kernel's name of a module: the file name without <c>.ko</c> and compression suffix, every '-' turned into '_'
/// (as in /proc/modules). Files and commands use both spellings.
/// </summary>
public static class ModuleName
{
    private static readonly string[] Suffixes = [".ko", ".ko.xz", ".ko.zst", ".ko.gz"];

    public static string Normalize(string name) => name.Replace('-', '_');

    /// <summary>The name for a path of modules.dep; null: the path is not a module's.</summary>
    public static string? FromPath(ReadOnlySpan<char> path)
    {
        var file = PathParts.NameOf(path);
        foreach (var suffix in Suffixes)
        {
            if (file.Length > suffix.Length && file.EndsWith(suffix, StringComparison.Ordinal))
                return Normalize(file[..^suffix.Length].ToString());
        }

        return null;
    }
}
