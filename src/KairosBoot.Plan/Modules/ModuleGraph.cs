namespace KairosBoot.Plan;

/// <summary>All modules of one kernel with their dependencies.</summary>
public sealed class ModuleGraph
{
    // The kernel requests these with request_module() at mount time, and no file declares them. The initrd has no modprobe to answer the
    // request.
    private static readonly Dictionary<string, string[]> Undeclared = new()
    {
        ["vfat"] = ["nls_cp437", "nls_ascii", "nls_iso8859_1", "nls_utf8"],
    };

    // Dependencies of drivers are a few levels deep. Each level is a call.
    private const int MaxDepth = 100;

    private readonly Dictionary<string, ModuleFile> files;
    private readonly ILookup<string, SoftDependency> softDependencies;
    private readonly ILookup<string, string> byAlias;

    public ModuleGraph(
        string release,
        IEnumerable<ModuleFile> files,
        IEnumerable<SoftDependency> softDependencies,
        IReadOnlyList<ModuleAlias> aliases,
        IReadOnlySet<string> builtIn)
    {
        Release = release;
        Aliases = aliases;
        BuiltIn = builtIn;
        this.files = files.GroupBy(file => file.Name).ToDictionary(group => group.Key, group => group.First());
        this.softDependencies = softDependencies.ToLookup(row => row.Module);
        byAlias = aliases.Where(row => !row.Pattern.Contains(':')).ToLookup(row => ModuleName.Normalize(row.Pattern), row => row.Module);
    }

    public string Release { get; }

    /// <summary>Aliases of loadable and built-in modules.</summary>
    public IReadOnlyList<ModuleAlias> Aliases { get; }

    public IReadOnlySet<string> BuiltIn { get; }

    public IReadOnlyCollection<ModuleFile> Files => files.Values;

    /// <summary>The row of modules.dep; null: the kernel has no such loadable module.</summary>
    public ModuleFile? Find(string name) => files.GetValueOrDefault(ModuleName.Normalize(name));

    /// <summary>These modules and all modules that they need, without built-in ones.</summary>
    /// <exception cref="FormatException">
    /// modules.dep names a dependency that it has no row for, or the dependencies are too deep.
    /// </exception>
    public IReadOnlySet<string> Closure(IEnumerable<string> names)
    {
        var seen = new HashSet<string>();
        foreach (var name in names)
            Visit(ModuleName.Normalize(name), seen, order: [], depth: 0);
        seen.RemoveWhere(name => !files.ContainsKey(name));
        return seen;
    }

    /// <summary>The dependencies, the module itself, then the modules that its softdep names as post; without built-in ones.</summary>
    public IReadOnlyList<string> LoadOrder(string name)
    {
        var order = new List<string>();
        Visit(ModuleName.Normalize(name), [], order, depth: 0);
        return order;
    }

    // Soft dependencies may form cycles (those of crypto drivers do): a module that is being visited is skipped.
    private void Visit(string name, HashSet<string> seen, List<string> order, int depth)
    {
        if (!files.TryGetValue(name, out var file) || !seen.Add(name)) return;
        if (depth > MaxDepth)
            throw new FormatException($"modules.dep and modules.softdep: {name} is in a chain of more than {MaxDepth} dependencies");
        VisitSoft(softDependencies[name].SelectMany(row => row.Before), seen, order, depth);
        VisitSoft(Undeclared.GetValueOrDefault(name, []), seen, order, depth);
        foreach (var dependency in file.Dependencies.Reverse())
        {
            if (!files.ContainsKey(dependency))
                throw new FormatException($"modules.dep: {name} needs {dependency}, which has no row");
            Visit(dependency, seen, order, depth + 1);
        }

        order.Add(name);
        VisitSoft(softDependencies[name].SelectMany(row => row.After), seen, order, depth);
    }

    private void VisitSoft(IEnumerable<string> names, HashSet<string> seen, List<string> order, int depth)
    {
        foreach (var name in names.Select(ModuleName.Normalize))
        {
            var modules = files.ContainsKey(name) || BuiltIn.Contains(name) ? [name] : byAlias[name].Distinct();
            foreach (var module in modules)
                Visit(module, seen, order, depth + 1);
        }
    }
}
