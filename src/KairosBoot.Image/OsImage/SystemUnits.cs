using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// What has a booted system run the stages behind those of the initrd, and report that its boot was good: units, for systemd or OpenRC. Those of the
/// stages have the names that they have in Kairos. A tree with a unit of that name keeps its own, and one that a cloud-config writes to /etc goes
/// before it: no stage runs twice.
/// </summary>
internal static class SystemUnits
{
    private const string Program = "usr/bin/kboot", Systemd = "usr/lib/systemd/system", Scripts = "etc/init.d", Runlevels = "etc/runlevels";
    private const int Executable = Octal.O755;

    // systemd.unit(5): where a tree may have its own.
    private static readonly string[] SystemdPaths = ["etc/systemd/system", "usr/local/lib/systemd/system", Systemd, "lib/systemd/system"];

    /// <summary>Unit, and the targets that want it.</summary>
    private static readonly (string Unit, string? WantedBy)[] Units =
    [
        ("cos-setup-fs.service", "sysinit.target"),
        ("cos-setup-boot.service", "multi-user.target"),
        ("cos-setup-network.service", "multi-user.target"),
        ("cos-setup-reconcile.service", null),
        ("cos-setup-reconcile.timer", "timers.target"),
        ("kairosboot-good.service", "multi-user.target"),
    ];

    private static readonly (string Script, string Runlevel)[] Services =
    [
        ("cos-setup-fs", "boot"), ("cos-setup-boot", "default"), ("cos-setup-network", "default"), ("cos-setup-reconcile", "default"),
        ("kairosboot-good", "default"),
    ];

    /// <param name="additions">What the image gets already; the units follow.</param>
    /// <param name="root">The tree.</param>
    /// <param name="kboot">The program that the units start, for a tree without it; null: there is none to add, and then no unit is.</param>
    /// <param name="scratch">For the texts.</param>
    internal static void Add(List<TreeAddition> additions, string root, string? kboot, TemporaryDirectory scratch)
    {
        bool Has(string path) => UntrustedTree.Has(root, path);
        var hasProgram = Has(Program);
        if (!hasProgram && kboot is null) return;
        var before = additions.Count;
        if (Has("usr/lib/systemd/systemd") || Has("lib/systemd/systemd"))
            AddUnits(root, scratch, additions);
        else if (Has("sbin/openrc") || Has("usr/sbin/openrc"))
            AddScripts(root, scratch, additions);
        if (!hasProgram && additions.Count > before)
        {
            TreeDirectories.Add(root, Path.GetDirectoryName(Program)!, additions);
            additions.Add(new TreeAddition.File(Program, kboot!, Executable));
        }
    }

    private static void AddUnits(string root, TemporaryDirectory scratch, List<TreeAddition> additions)
    {
        foreach (var (unit, wantedBy) in Units.Where(row => !SystemdPaths.Any(path => IsThere(root, $"{path}/{row.Unit}"))))
        {
            TreeDirectories.Add(root, Systemd, additions);
            additions.Add(new TreeAddition.File($"{Systemd}/{unit}", Write(scratch, "units/" + unit)));
            if (wantedBy is not null)
                AddLink(root, $"{Systemd}/{wantedBy}.wants/{unit}", $"../{unit}", additions);
        }
    }

    private static void AddScripts(string root, TemporaryDirectory scratch, List<TreeAddition> additions)
    {
        foreach (var (script, runlevel) in Services.Where(row => !IsThere(root, $"{Scripts}/{row.Script}")))
        {
            TreeDirectories.Add(root, Scripts, additions);
            additions.Add(new TreeAddition.File($"{Scripts}/{script}", Write(scratch, "openrc/" + script), Executable));
            AddLink(root, $"{Runlevels}/{runlevel}/{script}", $"/{Scripts}/{script}", additions);
        }
    }

    // A link to nothing, too: that is how a unit is masked before there is one.
    private static bool IsThere(string root, string path) =>
        UntrustedTree.TryStat(root, path, followLast: false) is not null;

    private static void AddLink(string root, string path, string target, List<TreeAddition> additions)
    {
        TreeDirectories.Add(root, Path.GetDirectoryName(path)!, additions);
        if (!IsThere(root, path)) additions.Add(new TreeAddition.Link(path, target));
    }

    private static string Write(TemporaryDirectory scratch, string name)
    {
        var file = scratch.File(Path.GetFileName(name));
        File.WriteAllText(file, EmbeddedText.Read(name));
        return file;
    }
}
