using System.Globalization;
using KairosBoot.Plan.Tests.Documents;

namespace KairosBoot.Plan.Tests;

/// <summary>
/// Lines of at most 140 columns, so that two files fit side by side on a screen. Exempt are rows of tables, which Markdown cannot wrap, and
/// the content of raw strings: that is text of other programs.
/// </summary>
public sealed class LineLengthTests
{
    private const int MaxColumns = 140;

    private static readonly string[] Extensions = [".cs", ".sh", ".md", ".cfg", ".service", ".csproj", ".props", ".yaml"];

    /// <summary>Directories that git ignores, and that of git itself.</summary>
    private static readonly string[] Ignored = ["bin", "obj", "out", "TestResults", ".git", ".vs"];

    [Fact]
    public void No_line_has_more_than_140_columns()
    {
        var lines = (from file in Files(new DirectoryInfo(SourceTree.Root))
                     from line in Prose(file).Index()
                     let columns = new StringInfo(line.Item).LengthInTextElements
                     where columns > MaxColumns
                     select $"{Path.GetRelativePath(SourceTree.Root, file.FullName)}:{line.Index + 1}: {columns} columns").ToList();
        var list = string.Join('\n', lines.Order(StringComparer.Ordinal));
        Assert.True(lines.Count == 0, $"{lines.Count} lines have more than {MaxColumns} columns; to fix: wrap them\n{list}");
    }

    private static IEnumerable<string> Prose(FileInfo file)
    {
        var isRaw = false;
        foreach (var line in File.ReadLines(file.FullName))
        {
            var isTable = file.Extension == ".md" && line.StartsWith('|');
            yield return isRaw || isTable ? "" : line;
            if (file.Extension == ".cs" && line.Split("\"\"\"").Length % 2 == 0) isRaw = !isRaw;
        }
    }

    private static IEnumerable<FileInfo> Files(DirectoryInfo directory) =>
        directory.EnumerateFiles().Where(file => file.LinkTarget is null && Extensions.Contains(file.Extension))
            .Concat(Below(directory).SelectMany(Files));

    private static IEnumerable<DirectoryInfo> Below(DirectoryInfo directory) =>
        directory.EnumerateDirectories().Where(below => below.LinkTarget is null && !Ignored.Contains(below.Name));
}
