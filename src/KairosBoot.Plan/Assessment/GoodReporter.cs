namespace KairosBoot.Plan;

/// <summary>The init of a tree, as far as <see cref="GoodReporter"/> knows where it finds its services.</summary>
public enum InitKind { Unknown, Systemd, OpenRc, InitTab }

/// <summary>What marks the boots of an image good.</summary>
/// <param name="reporter">A unit, a script or a file, for a message; null: nothing was found.</param>
/// <param name="init">The init of the image.</param>
public sealed class GoodReporter(string? reporter, InitKind init)
{
    public string? Reporter => reporter;
    public InitKind Init => init;

    /// <summary>A unit or script that would do it, and why it does not: <c>x.service is not enabled</c>. Null: none.</summary>
    public string? NearMiss { get; init; }

    /// <summary>A sentence: nothing marks the boots good. Null: something does.</summary>
    public string? Problem
    {
        get
        {
            if (reporter is not null) return null;
            if (init == InitKind.Unknown)
                return "its init is not one that kboot knows, and nothing else was found that runs kboot assess good";
            return NearMiss is null ? "nothing in it runs kboot assess good" : "nothing in it runs kboot assess good: " + NearMiss;
        }
    }

    /// <summary>Searches a tree.</summary>
    /// <param name="tree">The tree or image.</param>
    /// <param name="configs">More cloud-configs of its machines: name and text.</param>
    public static GoodReporter Find(SystemTree tree, IEnumerable<(string Name, string Text)> configs) =>
        new ReporterSearch(tree, [.. ConfigsOf(tree, SystemPaths.CloudConfigs), .. configs]).Run();

    /// <summary>Whose services the init of a tree starts. More than one service manager may be installed.</summary>
    public static InitKind ServicesOf(SystemTree tree) => new ReporterSearch(tree, []).Services();

    /// <summary>The cloud-configs in directories of a tree: name and text.</summary>
    public static IEnumerable<(string Name, string Text)> ConfigsOf(SystemTree tree, IEnumerable<string> directories) =>
        directories.SelectMany(directory => ConfigsIn(tree, directory.TrimEnd('/'), depth: 0));

    private static IEnumerable<(string Name, string Text)> ConfigsIn(SystemTree tree, string directory, int depth)
    {
        const int MaxDepth = 8;
        if (depth == MaxDepth) yield break;
        foreach (var name in tree.Names(directory))
        {
            var path = directory + "/" + name;
            if (name.EndsWith(".yaml", StringComparison.Ordinal) || name.EndsWith(".yml", StringComparison.Ordinal))
            {
                if (tree.Read(path) is { } file) yield return (path, file.Text);
            }
            else if (tree.Link(path) is null)
            {
                foreach (var config in ConfigsIn(tree, path, depth + 1)) yield return config;
            }
        }
    }
}
