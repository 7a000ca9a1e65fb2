namespace KairosBoot.Image.Tests.Documents;

/// <summary>
/// The code blocks of the documents. A block whose fence says <c>sh test</c> is run, one that says <c>yaml test</c> is checked by <c>kboot
/// lint</c>, one that says
/// <c>dockerfile test</c> has its commands looked at. All others are only read by people.
/// </summary>
/// <param name="Document">Path in the repository.</param>
/// <param name="Line">Of the first line of the block.</param>
/// <param name="Kind">What the fence says: <c>sh test</c>.</param>
/// <param name="Text">What is between the fences.</param>
internal sealed record DocumentBlock(string Document, int Line, string Kind, string Text)
{
    private const string Fence = "```";

    internal static string Repository { get; } = FindRepository();

    internal static string[] Documents { get; } =
    [
        .. Directory.GetFiles(Path.Combine(Repository, "docs"), "*.md").Concat(Directory.GetFiles(Repository, "*.md"))
            .Select(path => Path.GetRelativePath(Repository, path)).Order(StringComparer.Ordinal),
    ];

    internal static IEnumerable<DocumentBlock> Of(string document)
    {
        var lines = File.ReadAllLines(Path.Combine(Repository, document));
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith(Fence, StringComparison.Ordinal)) continue;
            var (kind, first) = (lines[i][Fence.Length..].Trim(), i + 1);
            for (i++; i < lines.Length && lines[i] != Fence;) i++;
            Assert.True(i < lines.Length, $"{document}:{first}: the block has no end");
            yield return new(document, first + 1, kind, string.Join('\n', lines[first..i]) + "\n");
        }
    }

    private static string FindRepository()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "KairosBoot.sln"))) return at.FullName;
        throw new DirectoryNotFoundException("no KairosBoot.sln above " + AppContext.BaseDirectory);
    }
}
