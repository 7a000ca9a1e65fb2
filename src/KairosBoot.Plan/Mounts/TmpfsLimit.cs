namespace KairosBoot.Plan;

/// <summary>The size limit of a tmpfs; tmpfs(5).</summary>
/// <param name="Size">Share of the memory, or a size: <c>25%</c>, <c>512m</c>, <c>1g</c>, or bytes.</param>
/// <param name="Inodes">
/// Maximum number of files: <c>20000</c>, <c>20k</c>. Null: the kernel's default, one for every two pages of memory.
/// </param>
public sealed record TmpfsLimit(string Size, string? Inodes)
{
    private const string InodesOption = "inodes=";

    /// <summary>Parses <c>25%</c>, <c>512m</c>, <c>1g,inodes=20k</c>; null for anything else.</summary>
    public static TmpfsLimit? TryParse(string text)
    {
        var comma = text.IndexOf(',');
        var size = comma < 0 ? text : text[..comma];
        if (!IsNumber(size, "%kKmMgG") || size.EndsWith('%') && int.Parse(size.AsSpan(..^1)) > 100) return null;
        if (comma < 0) return new(size, null);
        var rest = text[(comma + 1)..];
        return rest.StartsWith(InodesOption, StringComparison.Ordinal) && IsNumber(rest[InodesOption.Length..], "kKmMgG")
            ? new(size, rest[InodesOption.Length..])
            : null;
    }

    /// <summary>The options for mount(2).</summary>
    public string Options => $"size={Size}" + (Inodes is null ? "" : $",nr_inodes={Inodes}");

    private static bool IsNumber(string text, string units)
    {
        var digits = text.Length > 0 && units.Contains(text[^1]) ? text.AsSpan(..^1) : text;
        return int.TryParse(digits, System.Globalization.NumberStyles.None, null, out var number) && number > 0;
    }

    public override string ToString() => Inodes is null ? Size : $"{Size},{InodesOption}{Inodes}";
}
