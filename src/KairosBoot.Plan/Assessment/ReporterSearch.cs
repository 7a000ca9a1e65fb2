namespace KairosBoot.Plan;

/// <summary>One search of <see cref="GoodReporter"/>: follows what the init starts, and the scripts that are named there.</summary>
internal sealed class ReporterSearch(SystemTree tree, IReadOnlyList<(string Name, string Text)> configs)
{
    // A unit starts a script, which may start another one.
    private const int MaxDepth = 3, MaxLinks = 10, MaxScripts = 1000;

    private readonly HashSet<string> followed = [];
    private readonly List<(string Name, string Why)> nearMisses = [];

    internal GoodReporter Run()
    {
        var (init, program) = FindInit();
        var reporter = tree.Read(SystemPaths.Unassessed) is not null ? "kairos-boot" : ByConfig() ?? ByCron() ?? (init switch
        {
            InitKind.Systemd => BySystemd(),
            InitKind.OpenRc => ByOpenRc(ReporterPlaces.OpenRcAtBoot),
            InitKind.InitTab => ByInitTab(program),
            _ => Reports(ReporterPlaces.Init, tree.Read(program)) ? program : null,
        }) ?? nearMisses.Find(miss => configs.Any(config => ReporterText.Starts(config.Text, miss.Name))).Name;
        return new(reporter, init) { NearMiss = nearMisses is [var (name, why), ..] ? $"{name} {why}" : null };
    }

    /// <inheritdoc cref="GoodReporter.ServicesOf"/>
    internal InitKind Services()
    {
        var (init, _) = FindInit();
        if (init != InitKind.InitTab) return init;
        var inittab = new InitTab(tree.Read(ReporterPlaces.InitTab)?.Text);
        return inittab.OpenRcRunlevels.Count > 0 || IsRunByOpenRc(inittab) ? InitKind.OpenRc : InitKind.InitTab;
    }

    private (InitKind Kind, string Program) FindInit()
    {
        var path = ReporterPlaces.Init;
        for (var links = 0; links < MaxLinks && tree.Link(path) is { } target; links++)
            path = target.StartsWith('/') ? target : PathParts.ParentOf(path).TrimEnd('/') + "/" + target;
        return (PathParts.NameOf(path) switch
        {
            "systemd" => InitKind.Systemd,
            "openrc-init" => InitKind.OpenRc,
            "busybox" => InitKind.InitTab,
            _ => tree.Read(path) is { IsScript: true } || tree.Read(ReporterPlaces.InitTab) is null ? InitKind.Unknown : InitKind.InitTab,
        }, path);
    }

    // A name that an entry has is not a command.
    private string? ByConfig() => configs.FirstOrDefault(config => ReporterText.Reports(string.Join('\n', config.Text.Split('\n')
        .Where(line => !line.TrimStart(' ', '-').StartsWith("name:", StringComparison.Ordinal))))).Name;

    private string? ByCron()
    {
        foreach (var path in tree.Names(ReporterPlaces.CronFiles).Select(name => $"{ReporterPlaces.CronFiles}/{name}")
            .Append(ReporterPlaces.CronTab))
        {
            if (Reports(path, tree.Read(path))) return path;
        }

        return null;
    }

    private string? BySystemd()
    {
        var units = new SystemdUnits(tree);
        var started = new HashSet<string>();
        foreach (var unit in units.Started())
        {
            started.UnionWith(unit.Names);
            if (unit.Text is { } text && text.StartCommands.Any(command => Reports(unit.Name, command, depth: 0))) return unit.Name;
        }

        if (ByRunlevels(['2', '3', '4', '5'], name => !units.Load(name + ".service").IsMasked && units.Load(name + ".service").Text is null)
            is { } script)
        {
            return script;
        }

        if (tree.Read(ReporterPlaces.RcLocal) is { } local)
        {
            if (local.IsExecutable && Reports(ReporterPlaces.RcLocal, local)) return ReporterPlaces.RcLocal;
            if (!local.IsExecutable && ReporterText.Reports(local.Text)) nearMisses.Add((ReporterPlaces.RcLocal, "is not executable"));
        }

        foreach (var name in units.AllNames.Where(name => name.EndsWith(".service", StringComparison.Ordinal) && !started.Contains(name)))
        {
            var unit = units.Load(name);
            if (unit.IsMasked && name == "kairosboot-good.service") nearMisses.Insert(0, (name, "is masked"));
            if (unit.Text?.StartCommands.Any(command => Reports(name, command, depth: 0)) == true) nearMisses.Add((name, "is not enabled"));
        }

        return null;
    }

    // Links of System V: the same scripts for sysvinit and, where it has no unit of the name, for systemd.
    private string? ByRunlevels(IEnumerable<char> levels, Func<string, bool> isUsed)
    {
        foreach (var directory in levels.Select(level => $"/etc/rc{level}.d"))
        {
            foreach (var name in tree.Names(directory).Where(name => name.Length > 3 && name[0] == 'S' && isUsed(name[3..])))
                if (Starts($"{directory}/{name}")) return $"{directory}/{name}";
        }

        return null;
    }

    private string? ByInitTab(string program)
    {
        var text = tree.Read(ReporterPlaces.InitTab)?.Text;
        var inittab = new InitTab(text);
        foreach (var command in inittab.Commands)
            if (Reports(ReporterPlaces.InitTab, command, depth: 0)) return ReporterPlaces.InitTab;
        if (PathParts.NameOf(program) != "busybox" && ByInitTabFiles(text ?? "") is { } file) return file;
        if (IsRunByOpenRc(inittab)) return ByOpenRc(ReporterPlaces.OpenRcAtBoot);
        if (inittab.RcLevels is { Count: > 0 } levels && ByRunlevels(levels, _ => true) is { } script) return script;
        // The usual rcS of busybox' systems.
        if (inittab.RcLevels.Contains('S'))
        {
            foreach (var name in tree.Names(ReporterPlaces.OpenRcScripts).Where(name => name.Length > 3 && name[0] == 'S'
                && char.IsAsciiDigit(name[1]) && char.IsAsciiDigit(name[2])))
            {
                if (Starts($"{ReporterPlaces.OpenRcScripts}/{name}")) return $"{ReporterPlaces.OpenRcScripts}/{name}";
            }
        }

        return inittab.OpenRcRunlevels is { Count: > 0 } runlevels ? ByOpenRc(runlevels) : null;
    }

    // Debian's OpenRC leaves inittab as it is: rcS and rc start OpenRC, and no script of System V.
    private bool IsRunByOpenRc(InitTab inittab) => inittab.Commands.SelectMany(ReporterText.Paths).Distinct()
        .Any(path => tree.Read(path) is { IsScript: true } script
            && ReporterText.Paths(script.Text).Any(started => PathParts.NameOf(started) == "openrc"));

    // init reads one entry of each, after inittab, whose default runlevel holds for them, too.
    private string? ByInitTabFiles(string inittab)
    {
        foreach (var path in tree.Names(ReporterPlaces.InitTabFiles).Where(name => name.EndsWith(".tab", StringComparison.Ordinal))
            .Select(name => $"{ReporterPlaces.InitTabFiles}/{name}"))
        {
            if (tree.Read(path)?.Text.Split('\n').FirstOrDefault(line => line.Trim() is { Length: > 0 } text && text[0] != '#') is { } entry
                && new InitTab(inittab + "\n" + entry).Commands.Any(command => Reports(path, command, depth: 0)))
            {
                return path;
            }
        }

        return null;
    }

    private string? ByOpenRc(IEnumerable<string> runlevels)
    {
        var enabled = runlevels.SelectMany(runlevel => tree.Names($"{ReporterPlaces.OpenRcRunlevels}/{runlevel}")).Distinct().ToList();
        foreach (var name in enabled)
        {
            if (Starts($"{ReporterPlaces.OpenRcScripts}/{name}")) return name;
        }

        var local = tree.Names(ReporterPlaces.OpenRcLocal).Where(name => name.EndsWith(".start", StringComparison.Ordinal))
            .Select(name => $"{ReporterPlaces.OpenRcLocal}/{name}");
        foreach (var script in enabled.Contains("local") ? local : [])
            if (Starts(script)) return script;
        foreach (var name in tree.Names(ReporterPlaces.OpenRcScripts).Except(enabled))
        {
            var path = $"{ReporterPlaces.OpenRcScripts}/{name}";
            if (Reports(path, tree.Read(path))) nearMisses.Add((name, "is in none of the runlevels that are started at boot"));
        }

        return null;
    }

    // A script that is started by its name; without the mode bit it is not.
    private bool Starts(string path)
    {
        if (tree.Read(path) is not { } file || !Reports(path, file)) return false;
        if (!file.IsExecutable) nearMisses.Add((path, "is not executable"));
        return file.IsExecutable;
    }

    private bool Reports(string name, TreeFile? file) =>
        file is not null && Reports(name, WithOpenRcCommand(file.Text), depth: 0);

    private bool Reports(string name, string text, int depth)
    {
        if (ReporterText.Reports(text)) return true;
        if (depth == MaxDepth) return false;
        foreach (var path in ReporterText.Paths(text).Where(path => path != name))
        {
            if (followed.Count >= MaxScripts || !followed.Add(path)) continue;
            if (tree.Read(path) is { IsScript: true } script && Reports(path, script.Text, depth + 1))
            {
                // The same script may be named at another place.
                followed.Remove(path);
                return true;
            }
        }

        return false;
    }

    // openrc-run(8): a service without its own start() runs these two variables.
    private static string WithOpenRcCommand(string text)
    {
        string Value(string variable) => text.Split('\n').Select(line => line.Trim())
            .LastOrDefault(line => line.StartsWith(variable + "=", StringComparison.Ordinal))?
            [(variable.Length + 1)..].Trim('"', '\'') ?? "";
        return text + "\n" + Value("command") + " " + Value("command_args") + "\n";
    }
}
