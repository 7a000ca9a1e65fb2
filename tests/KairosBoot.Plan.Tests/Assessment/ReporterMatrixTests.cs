namespace KairosBoot.Plan.Tests.Assessment;

/// <summary>Every init with every place that can start a reporter, in every state that such a place has.</summary>
public sealed class ReporterMatrixTests
{
    private const string Command = "/usr/bin/kboot assess good", Name = "report.service";

    /// <summary>What a unit, service or line runs, the files that it needs, and whether that marks the boot good.</summary>
    private static readonly (string What, string Runs, Action<TextTree> Add, bool Reports)[] Programs =
    [
        ("the command", Command, _ => { }, true),
        ("a shell with the command", $"/bin/sh -c 'check && {Command}'", _ => { }, true),
        ("a script", "/usr/sbin/report", tree => tree.File("/usr/sbin/report", $"#!/bin/sh\ncheck && {Command}\n"), true),
        ("a script of a shell", "/bin/sh /opt/report",
            tree => tree.File("/opt/report", $"#!/bin/sh\n{Command}\n", isExecutable: false), true),
        ("a script of a script", "/opt/a",
            tree => tree.File("/opt/a", "#!/bin/sh\n/opt/b\n").File("/opt/b", $"#!/bin/sh\n{Command}\n"), true),
        ("scripts in a loop", "/opt/a", tree => tree.File("/opt/a", "#!/bin/sh\n/opt/b\n").File("/opt/b", "#!/bin/sh\n/opt/a\n"), false),
        ("a script with a comment", "/opt/a", tree => tree.File("/opt/a", $"#!/bin/sh\n# {Command}\n"), false),
        ("a missing script", "/opt/missing", _ => { }, false),
        ("another command", "/usr/bin/kboot assess wait", _ => { }, false),
    ];

    private static readonly (string What, Action<TextTree> Enable, bool IsStarted)[] SystemdStates =
    [
        .. from top in ReporterPlaces.Units from kind in (string[])["wants", "requires", "upholds"]
           select ($"{top} {kind}", (Action<TextTree>)(tree => tree.Link($"{top}/multi-user.target.{kind}/{Name}", "../" + Name)), true),
        ("sysinit.target", tree => tree.Link($"/usr/lib/systemd/system/sysinit.target.wants/{Name}", "../" + Name), true),
        ("default.target", tree => tree.Link($"/etc/systemd/system/default.target.wants/{Name}", "x"), true),
        ("a unit that is started", tree => Started(tree, $"[Unit]\nWants={Name}\n"), true),
        ("a drop-in of a target", tree => tree.File("/etc/systemd/system/multi-user.target.d/x.conf", $"[Unit]\nWants={Name}\n"), true),
        ("a timer", tree => Started(tree, "[Unit]\nWants=report.timer\n")
            .File("/etc/systemd/system/report.timer", "[Timer]\nOnBootSec=5min\n"), true),
        ("a timer of another name", tree => Started(tree, "[Unit]\nWants=t.timer\n")
            .File("/etc/systemd/system/t.timer", $"[Timer]\nOnBootSec=5min\nUnit={Name}\n"), true),
        ("an alias", tree => tree.Link("/etc/systemd/system/other.service", "/usr/lib/systemd/system/" + Name)
            .Link("/etc/systemd/system/multi-user.target.wants/other.service", "../other.service"), true),
        ("nothing", _ => { }, false),
        ("a preset", tree => tree.File("/usr/lib/systemd/system-preset/00.preset", $"enable {Name}\n"), false),
        ("a target that is not started", tree => tree.Link($"/etc/systemd/system/rescue.target.wants/{Name}", "x"), false),
        ("a file in place of a link", tree => tree.File($"/etc/systemd/system/multi-user.target.wants/{Name}", ""), false),
        ("a link to /dev/null", tree => tree.Link($"/etc/systemd/system/multi-user.target.wants/{Name}", "/dev/null"), false),
        ("a unit that is not started", tree => tree.File("/etc/systemd/system/other.service", $"[Unit]\nWants={Name}\n"), false),
    ];

    private static readonly (string What, Action<TextTree> Change, bool Runs)[] SystemdChanges =
    [
        ("no drop-in", _ => { }, true),
        ("a drop-in that removes it",
            tree => tree.File($"/etc/systemd/system/{Name}.d/x.conf", "[Service]\nExecStart=\nExecStart=/bin/true\n"), false),
        ("a drop-in of all services", tree => tree.File("/etc/systemd/system/service.d/x.conf", "[Service]\nExecStart=\n"), false),
        ("a drop-in that a later one undoes", tree => tree.File($"/usr/lib/systemd/system/{Name}.d/a.conf", "[Service]\nExecStart=\n")
            .File($"/etc/systemd/system/{Name}.d/a.conf", "[Service]\n"), true),
        ("a mask", tree => tree.Link("/etc/systemd/system/" + Name, "/dev/null"), false),
        ("an empty file", tree => tree.File("/etc/systemd/system/" + Name, ""), false),
        ("another file of the name", tree => tree.File("/etc/systemd/system/" + Name, "[Service]\nExecStart=/bin/true\n"), false),
    ];

    [Fact]
    public void Systemd_starts_what_its_targets_pull_in()
    {
        foreach (var (program, runs, add, reports) in Programs)
        {
            foreach (var (state, enable, isStarted) in SystemdStates)
            {
                foreach (var (change, apply, runsAfter) in SystemdChanges)
                {
                    var tree = Systemd().File("/usr/lib/systemd/system/" + Name, $"[Service]\nType=oneshot\nExecStart={runs}\n");
                    add(tree);
                    enable(tree);
                    apply(tree);
                    var found = tree.Find();
                    var expected = reports && isStarted && runsAfter;
                    Assert.True(expected == found.Reporter is not null, $"{program}, {state}, {change}: {found.Reporter ?? found.Problem}");
                    Assert.Equal(InitKind.Systemd, found.Init);
                    CheckPlaces(tree);
                }
            }
        }
    }

    [Fact]
    public void OpenRc_starts_the_services_of_three_runlevels()
    {
        foreach (var (program, runs, add, reports) in Programs)
        {
            foreach (var runlevel in (string?[])["sysinit", "boot", "default", "nonetwork", "shutdown", null])
            {
                foreach (var isExecutable in (bool[])[true, false])
                {
                    foreach (var init in (string[])["openrc-init", "busybox"])
                    {
                        var tree = new TextTree().Link("/sbin/init", "/bin/" + init).File("/etc/inittab",
                            "::sysinit:/sbin/openrc sysinit\n::sysinit:/sbin/openrc boot\n::wait:/sbin/openrc default\n");
                        tree.File("/etc/init.d/report", $"#!/sbin/openrc-run\nstart() {{\n    {runs}\n}}\n", isExecutable);
                        add(tree);
                        if (runlevel is not null) tree.Link($"/etc/runlevels/{runlevel}/report", "/etc/init.d/report");
                        var expected = reports && isExecutable && runlevel is "sysinit" or "boot" or "default";
                        var found = tree.Find();
                        Assert.True(expected == found.Reporter is not null,
                            $"{program}, {runlevel}, {isExecutable}, {init}: {found.Problem}");
                        CheckPlaces(tree);
                    }
                }
            }
        }
    }

    // As Debian's package openrc installs it.
    [Theory]
    [InlineData("sysinit", true)]
    [InlineData("boot", true)]
    [InlineData("default", true)]
    [InlineData("off", false)]
    [InlineData(null, false)]
    public void Scripts_of_inittab_may_start_OpenRc(string? runlevel, bool isStarted)
    {
        foreach (var (program, runs, add, reports) in Programs)
        {
            var tree = new TextTree().File("/sbin/init", "a program").File("/etc/inittab",
                "id:2:initdefault:\nsi::sysinit:/etc/init.d/rcS\nl2:2:wait:/etc/init.d/rc 2\nl6:6:wait:/etc/init.d/rc 6\n");
            tree.File("/etc/init.d/rcS", "#!/bin/sh\nset -e\nexec /sbin/openrc sysinit\n");
            tree.File("/etc/init.d/rc",
                "#!/bin/sh\ncase $1 in\n0 ) /sbin/openrc off && /etc/init.d/halt stop ;;\n* ) exec /sbin/openrc default ;;\nesac\n");
            tree.File("/etc/init.d/report", $"#!/sbin/openrc-run\nstart() {{\n    {runs}\n}}\n").Link("/etc/rc2.d/S01report",
                "../init.d/report");
            add(tree);
            if (runlevel is not null) tree.Link($"/etc/runlevels/{runlevel}/report", "/etc/init.d/report");
            Assert.Equal(isStarted && reports, tree.Find().Reporter is not null);
            CheckPlaces(tree);
        }
    }

    [Theory]
    [InlineData("sysinit", true)]
    [InlineData("once", true)]
    [InlineData("wait", true)]
    [InlineData("respawn", true)]
    [InlineData("askfirst", false)]
    [InlineData("off", false)]
    [InlineData("ctrlaltdel", false)]
    [InlineData("shutdown", false)]
    public void Inittab_runs_the_commands_of_a_boot(string action, bool isStarted)
    {
        foreach (var (program, runs, add, reports) in Programs)
        {
            foreach (var id in (string[])["", "tty1"])
            {
                var tree = new TextTree().Link("/sbin/init", "../bin/busybox").File("/etc/inittab", $"# comment\n{id}::{action}:{runs}\n");
                add(tree);
                Assert.True((reports && isStarted) == tree.Find().Reporter is not null, program);
                CheckPlaces(tree);
            }
        }
    }

    [Theory]
    [InlineData("rcS.d", true)]
    [InlineData("rc3.d", true)]
    [InlineData("rc2.d", false)]
    [InlineData("rc6.d", false)]
    public void Sysvinit_runs_the_scripts_of_its_runlevels(string directory, bool isStarted)
    {
        foreach (var (program, runs, add, reports) in Programs)
        {
            foreach (var (link, isLink) in new[] { ("S99report", true), ("K01report", false) })
            {
                var tree = new TextTree().File("/sbin/init", "\u007fELF").File("/etc/inittab",
                    "id:3:initdefault:\nsi::sysinit:/etc/init.d/rcS\nl2:2:wait:/etc/init.d/rc 2\nl3:3:wait:/etc/init.d/rc 3\n" +
                    "l6:6:wait:/etc/init.d/rc 6\n");
                tree.File("/etc/init.d/report", $"#!/bin/sh\n{runs}\n").Link($"/etc/{directory}/{link}", "../init.d/report");
                add(tree);
                Assert.True((reports && isStarted && isLink) == tree.Find().Reporter is not null, $"{program}, {link}");
                CheckPlaces(tree);
            }
        }
    }

    [Theory]
    [InlineData("x.tab", "2345", false, true)]
    [InlineData("x.tab", "45", false, false)]
    [InlineData("x.conf", "2345", false, false)]
    [InlineData("x.tab", "2345", true, false)]
    [InlineData("y.tab", "2345", false, false)]
    public void Sysvinit_reads_more_entries_from_inittab_d(string name, string levels, bool isBusybox, bool isStarted)
    {
        foreach (var (program, runs, add, reports) in Programs)
        {
            var tree = isBusybox ? new TextTree().Link("/sbin/init", "../bin/busybox") : new TextTree().File("/sbin/init", "\u007fELF");
            tree.File("/etc/inittab", "id:3:initdefault:\n").File($"/etc/inittab.d/{name}",
                $"# comment\n{(name == "y.tab" ? "y:2345:once:/bin/true\n" : "")}x:{levels}:once:{runs}\n");
            add(tree);
            Assert.True((reports && isStarted) == tree.Find().Reporter is not null, program);
            CheckPlaces(tree);
        }
    }

    [Fact]
    public void Other_places_are_read_with_each_init_that_uses_them()
    {
        foreach (var (_, runs, add, reports) in Programs)
        {
            (string Path, string Text, bool IsExecutable, bool IsStarted)[] places =
            [
                ("/etc/rc.local", $"#!/bin/sh\n{runs}\n", true, true), ("/etc/rc.local", $"#!/bin/sh\n{runs}\n", false, false),
                ("/etc/cron.d/report", $"@reboot root {runs}\n", false, true), ("/etc/crontab", $"@reboot root {runs}\n", false, true),
                ("/etc/rc3.d/S20x", $"#!/bin/sh\n{runs}\n", true, true), ("/etc/rc0.d/S20x", $"#!/bin/sh\n{runs}\n", true, false),
                ("/etc/local.d/x.start", $"#!/bin/sh\n{runs}\n", true, false),
            ];
            foreach (var (path, text, isExecutable, isStarted) in places)
            {
                var tree = Systemd().File(path, text, isExecutable);
                add(tree);
                Assert.True((reports && isStarted) == tree.Find().Reporter is not null, path + runs);
                CheckPlaces(tree);
            }

            var local = new TextTree().Link("/sbin/init", "openrc-init").File("/etc/local.d/x.start", $"#!/bin/sh\n{runs}\n");
            add(local);
            Assert.Null(local.Find().Reporter);
            Assert.Equal(reports, local.File("/etc/init.d/local", "#!/sbin/openrc-run\n").Link("/etc/runlevels/default/local", "x").Find()
                .Reporter is not null);
        }
    }

    [Fact]
    public void A_cloud_config_or_the_mark_is_enough_with_each_init()
    {
        foreach (var init in (string[])["/lib/systemd/systemd", "/sbin/openrc-init", "/bin/busybox", "/sbin/runit"])
        {
            TextTree Tree() => new TextTree().Link("/sbin/init", init);
            const string Config = "stages:\n  network:\n    - name: report\n      commands:\n        - kboot assess good\n";
            Assert.Null(Tree().Find().Reporter);
            Assert.Equal("kairos-boot", Tree().File(SystemPaths.Unassessed, "").Find().Reporter);
            Assert.Equal("90.yaml", Tree().Find(("90.yaml", Config)).Reporter);
            Assert.Null(Tree().Find(("90.yaml", Config.Replace("- kboot", "# - kboot"))).Reporter);
            Assert.Null(Tree().Find(("90.yaml", "stages:\n  boot:\n    - name: kboot assess good\n")).Reporter);
            foreach (var path in (string[])["/system/oem/a.yaml", "/oem/b.yml", "/usr/local/cloud-config/sub/c.yaml"])
                Assert.Equal(path, Tree().File(path, Config).Find().Reporter);
            Assert.Null(Tree().File("/system/oem/readme.txt", Config).Find().Reporter);
        }
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        var unit = $"[Service]\nExecStart={Command}\n";
        Assert.Equal("nothing in it runs kboot assess good", Systemd().Find().Problem);
        Assert.Equal($"nothing in it runs kboot assess good: {Name} is not enabled",
            Systemd().File("/etc/systemd/system/" + Name, unit).Find().Problem);
        Assert.Equal("nothing in it runs kboot assess good: kairosboot-good.service is masked",
            Systemd().Link("/etc/systemd/system/kairosboot-good.service", "/dev/null").Find().Problem);
        Assert.Equal(Name, Systemd().File("/etc/systemd/system/" + Name, unit).Find(("a", "commands: [systemctl enable report]")).Reporter);
        Assert.Equal("nothing in it runs kboot assess good: report is in none of the runlevels that are started at boot",
            new TextTree().Link("/sbin/init", "openrc-init").File("/etc/init.d/report", Command).Find().Problem);
        Assert.Equal("nothing in it runs kboot assess good: /etc/rc.local is not executable",
            Systemd().File("/etc/rc.local", "#!/bin/sh\n" + Command, isExecutable: false).Find().Problem);
    }

    [Theory]
    [InlineData("#!/bin/sh\nmount -a\n", null)]
    [InlineData("#!/bin/sh\nmount -a\nkboot assess good\n", "/sbin/init")]
    [InlineData("\u007fELF", null)]
    public void An_init_that_is_not_known_is_searched_and_named(string init, string? reporter)
    {
        var found = new TextTree().File("/sbin/init", init).Find();
        Assert.Equal((InitKind.Unknown, reporter), (found.Init, found.Reporter));
        Assert.Equal(reporter is null, found.Problem?.StartsWith("its init is not one that kboot knows") == true);
    }

    [Fact]
    public void Links_and_units_without_end_are_read_up_to_a_limit()
    {
        var tree = Systemd().Link("/etc/systemd/system/a.service", "b.service").Link("/etc/systemd/system/b.service", "a.service");
        tree.Link("/etc/systemd/system/multi-user.target.wants/a.service", "../a.service");
        tree.Link("/etc/systemd/system/multi-user.target.wants/t@1.service", "x");
        Assert.Null(tree.File("/etc/systemd/system/t@.service", "[Unit]\nWants=t@1%i.service t@2.service\n").Find().Reporter);
        Assert.Equal(InitKind.Unknown, new TextTree().Link("/sbin/init", "init").Find().Init);
    }

    private static TextTree Systemd() => new TextTree().Link("/sbin/init", "/lib/systemd/systemd")
        .Link("/etc/systemd/system/default.target", "/usr/lib/systemd/system/graphical.target")
        .File("/usr/lib/systemd/system/graphical.target", "[Unit]\nRequires=multi-user.target\nAllowIsolate=yes\n")
        .File("/usr/lib/systemd/system/multi-user.target", "[Unit]\nRequires=basic.target\n")
        .File("/usr/lib/systemd/system/basic.target", "[Unit]\nRequires=sysinit.target\n");

    private static TextTree Started(TextTree tree, string text) =>
        tree.File("/usr/lib/systemd/system/started.service", text).Link("/etc/systemd/system/multi-user.target.wants/started.service", "x");

    // Only the places of the table, the scripts that were named there, and the program that /sbin/init leads to.
    private static void CheckPlaces(TextTree tree)
    {
        foreach (var path in tree.Looked)
        {
            Assert.True(path.StartsWith("/opt/") || path.StartsWith("/usr/sbin/") || path.StartsWith("/bin/") || path.StartsWith("/sbin/")
                || path is "/lib/systemd/systemd" or "/usr/bin/kboot" || ReporterPlaces.Rows.Any(row => IsIn(path, row.Path)), path);
        }
    }

    private static bool IsIn(string path, string place) =>
        MountPath.IsInside(path, place.TrimEnd('/')) || (place == "/etc/rc?.d" && path.StartsWith("/etc/rc") && path[8..].StartsWith(".d"));
}
