using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The module lists in initrd/modules. A row is <c>name   # reason</c>; <c>include SET</c> includes another list.</summary>
public static class ModuleSet
{
    private const string Prefix = "modules/";

    /// <summary>Names of all sets, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = typeof(ModuleSet).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .Select(name => name[Prefix.Length..])
        .Order(StringComparer.Ordinal).ToList();

    /// <summary>The rows of a set in the list's order.</summary>
    public static IReadOnlyList<string> Read(string set) =>
        Parse(EmbeddedText.Read(Prefix + set)).Distinct().ToList();

    /// <summary>Resolves <c>--modules</c>: sets and module names, separated by commas.</summary>
    /// <param name="graph">The kernel's modules.</param>
    /// <param name="selection">The value of the option.</param>
    /// <param name="architecture">Of the kernel; null: not known.</param>
    /// <returns>The modules to pack, and those of the sets that this kernel does not have.</returns>
    /// <exception cref="OperatorException">The user named a module that the kernel does not have.</exception>
    public static (IReadOnlyList<string> Wanted, IReadOnlyList<string> Absent) Select(ModuleGraph graph, string selection,
        Architecture? architecture = null)
    {
        List<string> wanted = [], absent = [];
        foreach (var word in selection.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (Names.Contains(word))
            {
                var rows = Read(word);
                if (word == InitrdRequest.DefaultModules && architecture?.ModuleSet is { } own) rows = [.. rows.Union(Read(own))];
                var known = rows.ToLookup(name => Known(graph, name));
                wanted.AddRange(known[true]);
                absent.AddRange(known[false]);
            }
            else if (Known(graph, word))
            {
                wanted.Add(word);
            }
            else
            {
                throw Unknown(graph, word);
            }
        }

        return wanted.Count > 0 ? (wanted, absent) : throw new OperatorException(
            "--modules is empty", $"give a set ({string.Join(", ", Names)}) or module names, separated by commas");
    }

    public static bool Known(ModuleGraph graph, string name) =>
        graph.Find(name) is not null || graph.BuiltIn.Contains(ModuleName.Normalize(name));

    private static OperatorException Unknown(ModuleGraph graph, string word)
    {
        var near = graph.Files.Select(file => file.Name).Concat(graph.BuiltIn).Concat(Names)
            .Select(name => (Name: name, Distance: Distance(ModuleName.Normalize(word), name)))
            .Where(row => row.Distance <= 2 || word.Length > 3 && row.Name.Contains(ModuleName.Normalize(word)))
            .OrderBy(row => row.Distance).ThenBy(row => row.Name, StringComparer.Ordinal)
            .Select(row => row.Name).Take(3).ToList();
        return new OperatorException(
            $"kernel {graph.Release} has no module {word}, and no module set has that name",
            near.Count > 0 ? $"did you mean {string.Join(" or ", near)}?"
                : $"give one of the sets {string.Join(", ", Names)}, or a module of this kernel");
    }

    private static IEnumerable<string> Parse(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            var row = line.Split('#')[0].Trim();
            if (row.StartsWith("include ", StringComparison.Ordinal))
            {
                foreach (var name in Read(row["include ".Length..]))
                    yield return name;
            }
            else if (row.Length > 0)
            {
                yield return row;
            }
        }
    }

    // Levenshtein, one row at a time.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
