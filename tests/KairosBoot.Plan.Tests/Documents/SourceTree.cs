namespace KairosBoot.Plan.Tests.Documents;

/// <summary>The repository that the tests were built from.</summary>
internal static class SourceTree
{
    internal static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "KairosBoot.sln"))) return at.FullName;
        throw new DirectoryNotFoundException("no KairosBoot.sln above " + AppContext.BaseDirectory);
    }

    internal static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));
}
