namespace KairosBoot.Plan;

/// <summary>
/// The kernel's name of a module: the file name without <c>.ko</c> and compression suffix, every '-' turned into '_'
/// (as in /proc/modules). Files and commands use both spellings.
/// </summary>
public static class ModuleName
{
    private static readonly string[] Suffixes = [".ko", ".ko.xz", ".ko.zst", ".ko.gz"];

    // MODULE_NAME_LEN of linux/module.h, without the NUL.
    private const int MaxLength = 55;

    /// <summary>False: no module has such a name. It may be a path, or contain blanks.</summary>
    public static bool IsValid(string name)
    {
        foreach (var character in name)
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('_' or '-')) return false;
        return name.Length is > 0 and <= MaxLength;
    }

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
