using System.Text.RegularExpressions;
using KairosBoot.Plan.Tests.Documents;

namespace KairosBoot.Plan.Tests;

/// <summary>The product's sources as text, without comments.</summary>
internal static partial class Sources
{
    /// <summary>The directory <c>src</c>.</summary>
    public static readonly string Top = Path.Combine(SourceTree.Root, "src");

    /// <summary>Path below <c>src/</c> and text of each file.</summary>
    public static readonly IReadOnlyList<(string Path, string Text)> All = Read();

    private static List<(string, string)> Read() =>
        [.. from file in Directory.EnumerateFiles(Top, "*.cs", SearchOption.AllDirectories)
                   let path = Path.GetRelativePath(Top, file)
                   where !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal)
                   orderby path
                   select (path, Comment().Replace(File.ReadAllText(file), ""))];

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();
}
