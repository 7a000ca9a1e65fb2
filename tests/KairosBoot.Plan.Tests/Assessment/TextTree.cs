namespace KairosBoot.Plan.Tests.Assessment;

/// <summary>A system tree in memory, which remembers what was read.</summary>
internal sealed class TextTree
{
    private readonly Dictionary<string, (string? Link, string Text, bool IsExecutable)> files = [];

    /// <summary>Every path that was looked at.</summary>
    public HashSet<string> Looked { get; } = [];

    public SystemTree Tree => new(path => At(path).Link, Read, Names);

    public TextTree File(string path, string text, bool isExecutable = true)
    {
        files[path] = (null, text, isExecutable);
        return this;
    }

    public TextTree Link(string path, string target)
    {
        files[path] = (target, "", false);
        return this;
    }

    public GoodReporter Find(params (string Name, string Text)[] configs) => GoodReporter.Find(Tree, configs);

    private (string? Link, string Text, bool IsExecutable) At(string path)
    {
        Looked.Add(path);
        return files.GetValueOrDefault(path);
    }

    private TreeFile? Read(string path)
    {
        for (var links = 0; links < 40; links++)
        {
            if (At(path).Link is not { } target)
                return files.TryGetValue(path, out var file) ? new(file.Text, file.IsExecutable) : null;
            path = Path.GetFullPath(target, Path.GetDirectoryName(path)!);
        }

        return null;
    }

    private List<string> Names(string directory)
    {
        Looked.Add(directory);
        return [.. files.Keys.Where(path => path.StartsWith(directory + "/", StringComparison.Ordinal))
            .Select(path => path[(directory.Length + 1)..].Split('/')[0]).Distinct()];
    }
}
