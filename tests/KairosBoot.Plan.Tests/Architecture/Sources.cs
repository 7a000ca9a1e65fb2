using System.Text.RegularExpressions;

namespace KairosBoot.Plan.Tests;

/// <summary>The product's sources as text, without comments.</summary>
internal static partial class Sources
{
    /// <summary>The directory <c>src</c>.</summary>
    public static readonly string Top = FindTop();

    /// <summary>Path below <c>src/</c> and text of each file.</summary>
    public static readonly IReadOnlyList<(string Path, string Text)> All = Read();

    private static string FindTop()
    {
        DirectoryInfo? top = new(AppContext.BaseDirectory);
        while (top is not null && !File.Exists(Path.Combine(top.FullName, "KairosBoot.sln"))) top = top.Parent;
        return Path.Combine(top?.FullName ?? throw new DirectoryNotFoundException("no KairosBoot.sln above the tests"), "src");
    }

    private static List<(string, string)> Read() =>
        [.. from file in Directory.EnumerateFiles(Top, "*.cs", SearchOption.AllDirectories)
                   let path = Path.GetRelativePath(Top, file)
                   where !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal)
                   orderby path
                   select (path, Comment().Replace(File.ReadAllText(file), ""))];

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();
}
