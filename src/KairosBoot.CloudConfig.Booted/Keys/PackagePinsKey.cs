using System.Text;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// <c>package_pins</c>: pins versions of packages, in the format of the package manager. It takes effect before <c>packages</c>.
/// </summary>
internal static class PackagePinsKey
{
    private const string AptPins = "/etc/apt/preferences.d/99-yip-pins", DnfPlugin = "/etc/dnf/plugins/versionlock.conf", DnfLocks =
        "/etc/dnf/plugins/versionlock.list",
        ApkWorld = "/etc/apk/world", Header = "# The package_pins of a cloud-config: rewritten each time.\n";

    internal static readonly StageKey Definition = new("package_pins", Schema.MapOf(Schema.Text),
        (value, run) => run.Attempt(value.Line, "package_pins", () => Apply(value, run)), KeyPlace.Booted);

    private static void Apply(YamlNode value, EntryRun run)
    {
        var pins = Pins((YamlMapping)value, run.Report);
        if (pins.Count == 0) return;
        var (manager, path) = PackageManager.Find();
        switch (manager.Program)
        {
            case "apt-get":
                RootOwnedFile.Write(AptPins, Header
                + string.Concat(pins.Select(pin => $"\nPackage: {pin.Key}\nPin: version {pin.Value}\nPin-Priority: 1001\n"))); break;
            case "dnf" or "yum": LockForDnf(pins, path, value.Line, run); break;
            case "zypper": LockForZypper(pins, path, value.Line, run); break;
            case "apk": RootOwnedFile.Write(ApkWorld, World(RootOwnedFile.TryRead(ApkWorld) ?? "", pins)); break;
            default: run.Warn(value.Line, "package_pins", $"{manager.Program} has no pins: ignored"); break;
        }
    }

    /// <summary>The valid pins; the others are reported.</summary>
    internal static SortedDictionary<string, string> Pins(YamlMapping value, Finding report)
    {
        var pins = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, setting) in value.Pairs)
        {
            var version = setting is YamlScalar { IsNull: false } scalar ? scalar.Text.Trim() : "";
            if (version.Length == 0) report(name.Line, "package_pins", $"{name.Name} has no version: ignored", isWarning: true);
            else if ((name.Text + version).Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) || name.Text.StartsWith('-'))
                report(name.Line, "package_pins", $"'{name.Text}' is not a package and a version", isWarning: false);
            else pins[name.Text] = version;
        }
        return pins;
    }

    /// <summary>A lock has the form name-epoch:version-release.arch. If no repository has the version, it is a pattern.</summary>
    private static void LockForDnf(SortedDictionary<string, string> pins, string dnf, int line, EntryRun run)
    {
        var locks = new StringBuilder(Header);
        foreach (var (name, version) in pins)
        {
            var pattern = $"{name}-{version}*";
            var query = new ProgramCall(dnf,
                ["-q", "repoquery", "--qf", "%{name}-%{epoch}:%{version}-%{release}.%{arch}", pattern])
            { Limit = BootedKeys.ProgramLimit };
            var found = run.Run(query, line, "package_pins")?.Output.Split('\n', StringSplitOptions.TrimEntries).FirstOrDefault(text =>
                text.StartsWith(name + "-", StringComparison.Ordinal));
            if (found is null) run.Warn(line, "package_pins", $"no repository has {name} {version}: pinned by pattern");
            locks.Append(found ?? pattern).Append('\n');
        }
        RootOwnedFile.Write(DnfPlugin, $"{Header}[main]\nenabled=1\nlocklist={DnfLocks}\n");
        RootOwnedFile.Write(DnfLocks, locks.ToString());
    }

    /// <summary>
    /// A lock prevents installing or changing packages, so all other versions are locked. (Upstream locks the pinned version, which
    /// prevents it.)
    /// </summary>
    private static void LockForZypper(SortedDictionary<string, string> pins, string zypper, int line, EntryRun run)
    {
        foreach (var (name, version) in pins)
        {
            var call = new ProgramCall(zypper, ["--non-interactive", "addlock", $"{name} != {version}"]);
            if (run.Run(call, line, "package_pins") is { ExitCode: not 0 } result)
                run.Fail(line, "package_pins", $"zypper failed to lock {name}: exit code {result.ExitCode}");
        }
    }

    /// <summary>Other lines of the file are kept. Upstream writes only the pins, and then apk removes all other packages.</summary>
    internal static string World(string world, SortedDictionary<string, string> pins)
    {
        var lines = world.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line =>
            !pins.ContainsKey(line.Split('=', '<', '>', '~', '@')[0].Trim()));
        return string.Concat(lines.Concat(pins.Select(pin => $"{pin.Key}={pin.Value}")).Order(StringComparer.Ordinal).Select(line => line
            + "\n"));
    }
}
