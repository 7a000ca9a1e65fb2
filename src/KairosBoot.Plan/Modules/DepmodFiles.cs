namespace KairosBoot.Plan;

/// <summary>Reads the text files that depmod(8) and the kernel build write next to the modules.</summary>
public static class DepmodFiles
{
    private static readonly char[] Blanks = [' ', '\t'];

    /// <summary>modules.dep: <c>path: dependency dependency</c>, the nearest dependency first.</summary>
    /// <exception cref="FormatException">A line has no colon, or a path is not a module's.</exception>
    public static IReadOnlyList<ModuleFile> ReadDependencies(string text)
    {
        var rows = new List<ModuleFile>();
        foreach (var line in Lines(text))
        {
            var colon = line.IndexOf(':');
            if (colon < 0 || ModuleName.FromPath(line.AsSpan(0, colon)) is not { } name)
                throw new FormatException($"modules.dep: '{line}' is not 'path: dependencies'");
            var dependencies = Words(line[(colon + 1)..])
                .Select(path => ModuleName.FromPath(path) ?? throw new FormatException($"modules.dep: '{path}' is not a module file"));
            rows.Add(new ModuleFile(name, line[..colon], dependencies.ToList()));
        }

        return rows;
    }

    /// <summary>modules.alias: <c>alias PATTERN MODULE</c>. Other lines are skipped, as by modprobe.</summary>
    public static IReadOnlyList<ModuleAlias> ReadAliases(string text)
    {
        var rows = new List<ModuleAlias>();
        foreach (var line in Lines(text))
        {
            var words = Words(line);
            if (words.Length == 3 && words[0] == "alias")
                rows.Add(new ModuleAlias(words[1], ModuleName.Normalize(words[2])));
        }

        return rows;
    }

    /// <summary>modules.softdep: <c>softdep MODULE pre: A B post: C</c>; names before both words count as pre.</summary>
    public static IReadOnlyList<SoftDependency> ReadSoftDependencies(string text)
    {
        var rows = new List<SoftDependency>();
        foreach (var line in Lines(text))
        {
            var words = Words(line);
            if (words.Length < 3 || words[0] != "softdep") continue;
            List<string> before = [], after = [];
            var target = before;
            foreach (var word in words.Skip(2))
            {
                switch (word)
                {
                    case "pre:": target = before; break;
                    case "post:": target = after; break;
                    default: target.Add(word); break;
                }
            }

            rows.Add(new SoftDependency(ModuleName.Normalize(words[1]), before, after));
        }

        return rows;
    }

    /// <summary>modules.builtin: one path on each line.</summary>
    public static IReadOnlySet<string> ReadBuiltIn(string text) =>
        Lines(text).Select(path => ModuleName.FromPath(path)).OfType<string>().ToHashSet();

    /// <summary>The aliases in modules.builtin.modinfo: NUL-separated <c>module.alias=PATTERN</c> between other fields.</summary>
    public static IReadOnlyList<ModuleAlias> ReadBuiltInAliases(string text)
    {
        const string Field = ".alias=";
        var rows = new List<ModuleAlias>();
        foreach (var entry in text.Split('\0'))
        {
            var at = entry.IndexOf(Field, StringComparison.Ordinal);
            if (at > 0 && entry.IndexOf('=') == at + Field.Length - 1)
                rows.Add(new ModuleAlias(entry[(at + Field.Length)..], ModuleName.Normalize(entry[..at])));
        }

        return rows;
    }

    private static IEnumerable<string> Lines(string text) =>
        text.Split('\n').Where(line => line.Length > 0 && line[0] != '#');

    private static string[] Words(string line) => line.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
}
