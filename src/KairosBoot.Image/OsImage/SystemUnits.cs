using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Units for systemd, services for OpenRC or entries for sysvinit that run the stages of the booted system and mark its boot good. The
/// units of the stages have their Kairos names, so that no stage runs twice: a unit of that name in the tree is kept, and one that a
/// cloud-config writes to /etc takes precedence.
/// </summary>
internal static class SystemUnits
{
    /// <summary>The unit that marks a boot good. The service of OpenRC has the same name.</summary>
    internal const string Reporter = "kairosboot-good";

    // Does a reset that was requested before the boot, in recovery.
    private const string Resetter = "kairosboot-reset";

    private const string Program = "usr/bin/kboot", Systemd = "usr/lib/systemd/system", Scripts = "etc/init.d", Runlevels = "etc/runlevels";
    private static readonly string InitTabs = ReporterPlaces.InitTabFiles.TrimStart('/');
    private const int Executable = Octal.O755;

    /// <summary>A unit and the target that wants it.</summary>
    private static readonly (string Unit, string? WantedBy)[] Units =
    [
        ("cos-setup-fs.service", "sysinit.target"),
        ("cos-setup-boot.service", "multi-user.target"),
        ("kairosboot-first-boot.service", "multi-user.target"),
        ("cos-setup-network.service", "multi-user.target"),
        ("cos-setup-reconcile.service", null),
        ("cos-setup-reconcile.timer", "timers.target"),
        (Reporter + ".service", "multi-user.target"),
        ("kairosboot-good-within.service", "sysinit.target"),
        ("kairosboot-retry.service", "multi-user.target"),
        ("kairosboot-relabel.service", "sysinit.target"),
        (Resetter + ".service", "multi-user.target"),
    ];

    private static readonly (string Script, string Runlevel)[] Services =
    [
        ("cos-setup-fs", "boot"), ("cos-setup-boot", "default"), ("kairosboot-first-boot", "default"), ("cos-setup-network", "default"),
        ("cos-setup-reconcile", "default"), (Reporter, "default"), ("kairosboot-good-within", "boot"), ("kairosboot-retry", "default"),
        ("kairosboot-relabel", "boot"), (Resetter, "default"),
    ];

    // Debian 12's init reads only the first entry of each file in inittab.d, so the rest is a script.
    private static readonly (string Path, bool IsExecutable)[] InitTabFiles =
    [
        (InitTabs + "/cos-setup-fs.tab", false), (InitTabs + "/cos-setup.tab", false), ("usr/lib/kairosboot/cos-setup", true),
        ("usr/lib/kairosboot/cos-setup-fs", true),
    ];

    /// <summary>Path of each unit and service without a leading slash, and its text.</summary>
    internal static IEnumerable<(string Path, string Text)> All =>
        Units.Select(row => ($"{Systemd}/{row.Unit}", EmbeddedText.Read("units/" + row.Unit)))
            .Concat(Services.Select(row => ($"{Scripts}/{row.Script}", EmbeddedText.Read("openrc/" + row.Script))))
            .Concat(InitTabFiles.Select(row => (row.Path, EmbeddedText.Read(SourceOf(row.Path)))));

    /// <param name="additions">Additions so far; the units are appended.</param>
    /// <param name="root">The tree.</param>
    /// <param name="kboot">Path of kboot, which is added to a tree without it; null: such a tree gets no units.</param>
    /// <param name="machine">Architecture of the tree's kernel; null: not known.</param>
    /// <param name="scratch">Takes the units' files.</param>
    /// <exception cref="OperatorException">The tree needs a kboot for another architecture, and none was found.</exception>
    internal static void Add(List<TreeAddition> additions, string root, string? kboot, string? machine,
        TemporaryDirectory scratch)
    {
        bool Has(string path) => UntrustedTree.Has(root, path);
        var hasProgram = Has(Program);
        if (!hasProgram && kboot is null) return;
        var before = additions.Count;
        switch (GoodReporter.ServicesOf(TreeReader.Open(root, additions)))
        {
            case InitKind.Systemd: AddUnits(root, scratch, additions); break;
            case InitKind.OpenRc: AddScripts(root, scratch, additions); break;
            // Debian 13 installs systemd also where the init is another one.
            case InitKind.InitTab when ReadsInitTabs(root): AddInitTabs(root, scratch, additions); break;
            case InitKind.InitTab: break;
            default:
                if (Has("usr/lib/systemd/systemd") || Has("lib/systemd/systemd"))
                    AddUnits(root, scratch, additions);
                else if (Has("sbin/openrc") || Has("usr/sbin/openrc"))
                    AddScripts(root, scratch, additions);
                break;
        }

        if (!hasProgram && additions.Count > before)
        {
            TreeDirectories.Add(root, PathParts.ParentOf(Program), additions);
            additions.Add(new TreeAddition.File(Program, ProgramArchitecture.Choose(kboot!, machine), Executable));
        }
    }

    /// <summary>True: the tree has its own unit or service of that name, possibly masked. A build does not add one.</summary>
    internal static bool HasReporter(string root) => HasUnit(root, Reporter + ".service") || Exists(root, $"{Scripts}/{Reporter}")
        || Exists(root, InitTabs + "/cos-setup.tab");

    /// <summary>The tree has the service that does a requested reset, for systemd or OpenRC, and starts it.</summary>
    internal static bool HasResetService(string root) =>
        UntrustedTree.Has(root, $"{Systemd}/multi-user.target.wants/{Resetter}.service")
        || UntrustedTree.Has(root, $"{Runlevels}/default/{Resetter}");

    private static bool HasUnit(string root, string unit) => ReporterPlaces.Units.Any(path => Exists(root, $"{path}/{unit}"));

    private static void AddUnits(string root, TemporaryDirectory scratch, List<TreeAddition> additions)
    {
        foreach (var (unit, wantedBy) in Units.Where(row => !HasUnit(root, row.Unit)))
        {
            TreeDirectories.Add(root, Systemd, additions);
            additions.Add(new TreeAddition.File($"{Systemd}/{unit}", Write(scratch, "units/" + unit)));
            if (wantedBy is not null)
                AddLink(root, $"{Systemd}/{wantedBy}.wants/{unit}", $"../{unit}", additions);
        }
    }

    private static void AddScripts(string root, TemporaryDirectory scratch, List<TreeAddition> additions)
    {
        foreach (var (script, runlevel) in Services.Where(row => !Exists(root, $"{Scripts}/{row.Script}")))
        {
            TreeDirectories.Add(root, Scripts, additions);
            additions.Add(new TreeAddition.File($"{Scripts}/{script}", Write(scratch, "openrc/" + script), Executable));
            AddLink(root, $"{Runlevels}/{runlevel}/{script}", $"/{Scripts}/{script}", additions);
        }
    }

    // An older init of sysvinit, and that of busybox, read /etc/inittab only, and a build does not change a file of the tree.
    private static bool ReadsInitTabs(string root) =>
        UntrustedTree.TryStat(root, ReporterPlaces.Init) is { Type: FileType.Regular } status && status.Size <= ReadLimit.SystemFile.Bytes
        && UntrustedTree.TryRead(root, ReporterPlaces.Init, ReadLimit.SystemFile).AsSpan()
            .IndexOf(Encoding.ASCII.GetBytes(ReporterPlaces.InitTabFiles)) >= 0;

    private static void AddInitTabs(string root, TemporaryDirectory scratch, List<TreeAddition> additions)
    {
        foreach (var (path, isExecutable) in InitTabFiles.Where(row => !Exists(root, row.Path)))
        {
            TreeDirectories.Add(root, PathParts.ParentOf(path), additions);
            additions.Add(new TreeAddition.File(path, Write(scratch, SourceOf(path)), isExecutable ? Executable : Octal.O644));
        }
    }

    private static string SourceOf(string path) => "sysvinit/" + PathParts.NameOf(path);

    // True also for a dangling link: a unit can be masked before it exists.
    private static bool Exists(string root, string path) =>
        UntrustedTree.TryStat(root, path, followLast: false) is not null;

    private static void AddLink(string root, string path, string target, List<TreeAddition> additions)
    {
        TreeDirectories.Add(root, PathParts.ParentOf(path), additions);
        if (!Exists(root, path)) additions.Add(new TreeAddition.Link(path, target));
    }

    private static string Write(TemporaryDirectory scratch, string name)
    {
        var file = scratch.File(PathParts.NameOf(name));
        HostFile.Write(file, EmbeddedText.Read(name));
        return file;
    }
}
