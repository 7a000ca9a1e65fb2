namespace KairosBoot.Plan;

/// <summary>The units of a tree that systemd starts at boot.</summary>
/// <param name="tree">The tree.</param>
public sealed class SystemdUnits(SystemTree tree)
{
    // More than a distribution has. Links of an untrusted tree can describe endlessly many instances.
    private const int MaxUnits = 5000;

    // bootup(7). basic.target and sysinit.target are implicit requirements of all services.
    private static readonly string[] Roots = ["default.target", "basic.target", "sysinit.target"];
    private static readonly string[] DependencyDirectories = [".wants", ".requires", ".upholds"];

    private readonly Dictionary<string, List<string>> dropIns = [];

    /// <summary>A unit as systemd loads it.</summary>
    /// <param name="name">The name by which it was named.</param>
    /// <param name="names">The name, those that links gave it, and its template.</param>
    /// <param name="text">Its settings; null: it has no file.</param>
    public sealed class Unit(string name, List<string> names, UnitText? text)
    {
        public string Name => name;
        public List<string> Names => names;
        public UnitText? Text => text;

        /// <summary>It is linked to /dev/null, or its file is empty.</summary>
        public bool IsMasked { get; init; }
    }

    /// <summary>All names in the directories of units.</summary>
    public IEnumerable<string> AllNames => ReporterPlaces.Units.SelectMany(tree.Names).Distinct();

    /// <summary>Units that a boot starts, in the order in which they are found from default.target.</summary>
    public IEnumerable<Unit> Started()
    {
        var pending = new Queue<string>(Roots);
        var seen = new HashSet<string>(Roots);
        // A tree without a default.target has an unusual systemd; Debian's names graphical.target, which requires this one.
        if (Load(Roots[0]).Text is null && seen.Add("multi-user.target")) pending.Enqueue("multi-user.target");
        while (pending.TryDequeue(out var name))
        {
            var unit = Load(name);
            if (unit.IsMasked) continue;
            yield return unit;
            foreach (var next in Next(unit))
                if (seen.Count < MaxUnits && seen.Add(next)) pending.Enqueue(next);
        }
    }

    public Unit Load(string name)
    {
        List<string> names = [name];
        var current = name;
        // A link to another name is an alias; systemd follows a few of them only.
        for (var links = 0; links < 10; links++)
        {
            if (Find(current) is not { } path) break;
            var target = tree.Link(path);
            if (target == "/dev/null") return new(name, names, null) { IsMasked = true };
            if (target is null || PathParts.NameOf(target) == current || PathParts.NameOf(target) == TemplateOf(current))
                return Read(name, names, path);
            current = PathParts.NameOf(target);
            // A unit outside of the directories is linked into them by its path.
            if (Find(current) is null) return Read(name, names, path);
            names.Add(current);
        }

        return new(name, names, null);
    }

    private Unit Read(string name, List<string> names, string path)
    {
        if (TemplateOf(name) is { } template) names.Add(template);
        var text = tree.Read(path)?.Text;
        return text is null ? new(name, names, null)
            : new(name, names, new([text, .. DropInsOf(names)])) { IsMasked = text.Length == 0 };
    }

    private string? Find(string name)
    {
        foreach (var candidate in TemplateOf(name) is { } template ? (string[])[name, template] : [name])
        {
            foreach (var directory in ReporterPlaces.Units)
            {
                var path = directory + "/" + candidate;
                if (tree.Link(path) is not null || tree.Read(path) is not null) return path;
            }
        }

        return null;
    }

    private static string? TemplateOf(string name)
    {
        var (at, dot) = (name.IndexOf('@'), name.LastIndexOf('.'));
        return at > 0 && dot > at + 1 ? name[..(at + 1)] + name[dot..] : null;
    }

    // systemd.unit(5): sorted by file name over all directories; a file of the first directory hides others of its name.
    private IEnumerable<string> DropInsOf(List<string> names)
    {
        var type = PathParts.NameOf(names[0])[(names[0].LastIndexOf('.') + 1)..];
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in names.Append(type))
        {
            foreach (var directory in ReporterPlaces.Units.Select(directory => $"{directory}/{name}.d"))
            {
                foreach (var file in NamesIn(directory).Where(file => file.EndsWith(".conf", StringComparison.Ordinal)))
                    found.TryAdd(file, $"{directory}/{file}");
            }
        }

        return found.Values.Select(path => tree.Read(path)?.Text ?? "");
    }

    private List<string> NamesIn(string directory)
    {
        if (!dropIns.TryGetValue(directory, out var names)) dropIns[directory] = names = [.. tree.Names(directory)];
        return names;
    }

    private IEnumerable<string> Next(Unit unit)
    {
        foreach (var name in unit.Names)
        {
            foreach (var directory in from top in ReporterPlaces.Units from kind in DependencyDirectories select $"{top}/{name}{kind}")
            {
                foreach (var dependency in NamesIn(directory))
                    if (tree.Link($"{directory}/{dependency}") is { } target && target != "/dev/null") yield return dependency;
            }
        }

        foreach (var dependency in unit.Text?.Starts(unit.Name) ?? []) yield return dependency;
    }
}
