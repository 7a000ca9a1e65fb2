using KairosBoot.Image.Tests;
using KairosBoot.Lifecycle;
using KairosBoot.Linux.Tests.Stages;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>Upgrades to images that something marks good, that nothing marks good, and that kairos-boot marks good.</summary>
public sealed class ReporterRuleTests
{
    private const string Reports = "stages:\n  boot:\n    - commands:\n        - kboot assess good\n";

    // An init that kboot knows, without a unit.
    private static readonly string[] Systemd = ["rm /sbin/init", "symlink /sbin/init /lib/systemd/systemd", "mkdir /lib/systemd",
        "ln /usr/lib/init /lib/systemd/systemd"];

    private static List<string> Marks(InstalledSystem system) => Directory.Exists(system.State + SystemPaths.UnassessedImages)
        ? [.. Directory.GetFiles(system.State + SystemPaths.UnassessedImages).Select(path => Path.GetFileName(path)!)] : [];

    private static UpgradeRequest Unassessed(string image) => InstalledSystem.Of(image) with { WithoutAssessment = true };

    [Fact]
    public void An_image_that_nothing_marks_good_is_refused() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var before = system.Files;
        var refused = Assert.Throws<OperatorException>(() => system.Upgrade(system.Image("new", Systemd)));
        Assert.Contains("would be marked good: nothing in it runs kboot assess good; after three boots", refused.Problem);
        Assert.Contains("--no-assessment", refused.Fix);
        Assert.Equal(before, system.Files);
        Assert.True(system.IsReadOnly);
        Assert.Equal(("active", "passive"), system.Slots);
    });

    [Fact]
    public void A_tree_that_nothing_marks_good_is_refused_after_the_build() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var before = system.Files;
        var tree = InstalledSystem.Tree(scratch + "/tree", "new");
        File.Delete(tree + "/sbin/init");
        Directory.CreateDirectory(tree + "/usr/lib/systemd");
        SyntheticKernel.WriteProgram(tree + "/usr/lib/systemd/systemd");
        File.CreateSymbolicLink(tree + "/sbin/init", "/usr/lib/systemd/systemd");
        Assert.Throws<OperatorException>(() => system.Upgrade(InstalledSystem.Of(root: tree)));
        Assert.Equal(before, system.Files);
        // With kboot, the build adds the unit.
        File.WriteAllText(scratch + "/kboot", "");
        Assert.Empty(system.Upgrade(InstalledSystem.Of(root: tree) with { KBoot = scratch + "/kboot" }).Warnings);
        Assert.Equal("new", system.Slots.Active);
    });

    [Fact]
    public void A_cloud_config_of_the_machine_marks_it_good() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        File.WriteAllText(system.Host + "/oem/90_custom.yaml", Reports);
        Assert.Empty(system.Upgrade(system.Image("new", Systemd)).Warnings);
        Assert.Empty(Marks(system));
    });

    [Fact]
    public void An_init_that_is_not_known_is_a_warning() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        Assert.Contains("its init is not one that kboot knows", Assert.Single(system.Upgrade(system.Image("new")).Warnings));
        Assert.Equal("new", system.Slots.Active);
    });

    [Fact]
    public void The_mark_of_an_upgrade_belongs_to_the_image_and_goes_with_it() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var image = system.Image("new", Systemd);
        var first = system.Upgrade(Unassessed(image));
        Assert.Empty(first.Warnings);
        Assert.Equal([first.ImageId], Marks(system));
        Assert.True(system.IsReadOnly);

        // Its image becomes passive, and the mark stays.
        BootActive(system);
        var second = system.Upgrade(Unassessed(system.Image("second", Systemd)));
        Assert.Equal(("second", "new"), system.Slots);
        Assert.Equal(new[] { first.ImageId, second.ImageId }.Order(), Marks(system).Order());

        // An image that leaves the slots takes its mark along. The same image again, now with something that marks it good, has none.
        BootActive(system);
        File.WriteAllText(system.Host + "/oem/90_custom.yaml", Reports);
        system.Upgrade(image);
        Assert.Equal(("new", "second"), system.Slots);
        Assert.Equal([second.ImageId], Marks(system));
    });

    // As kairos-boot does for an image with a mark.
    private static void BootActive(InstalledSystem system)
    {
        system.Boot(Slot.Active);
        Assert.Equal(0, KBoot.Run(["assess", "good", "active", "--state", system.State]).Code);
    }

    [Fact]
    public void The_mark_of_an_image_build_is_enough() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        string[] mark = ["mkdir /usr/lib/kairosboot", "cd /usr/lib/kairosboot", "write /proc/self/comm no-assessment"];
        Assert.Empty(system.Upgrade(system.Image("new", [.. Systemd, .. mark])).Warnings);
        Assert.Empty(Marks(system));
    });

    [Fact]
    public void A_reset_marks_an_image_that_needs_it_and_says_so() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        using var machine = TargetSystem.Open(system.Host, null);
        bool IsMarked(string image, int warnings)
        {
            var rule = new ReporterRule(InstalledSystem.Of(image), machine, isReset: true);
            rule.Check(image, image);
            Assert.Equal(warnings, rule.Warnings.Count);
            return rule.IsUnassessed;
        }

        Assert.True(IsMarked(system.Image("new", Systemd), warnings: 1));
        // Something that kboot does not see may mark it good.
        Assert.False(IsMarked(system.Image("new"), warnings: 1));
        File.WriteAllText(system.Host + "/oem/90_custom.yaml", Reports);
        Assert.False(IsMarked(system.Image("new", Systemd), warnings: 0));
        // An image for recovery is not checked.
        var recovery = new ReporterRule(InstalledSystem.Of("missing") with { IsRecovery = true }, machine, isReset: false);
        recovery.Check("missing", "missing");
        Assert.False(recovery.IsUnassessed);
    });

    [Fact]
    public void Health_checks_run_in_order_and_stop_at_the_first_failure() => MountNamespace.Run(scratch =>
    {
        var checks = Directory.CreateDirectory(scratch + "/health.d").FullName;
        void Check(string name, string script, bool isExecutable = true)
        {
            File.WriteAllText($"{checks}/{name}", "#!/bin/sh\n" + script);
            MountNamespace.Tool("chmod", isExecutable ? "755" : "644", $"{checks}/{name}");
        }

        string Problem() => Assert.Throws<OperatorException>(() => HealthChecks.Run(checks)).Problem;

        HealthChecks.Run(scratch + "/missing");
        HealthChecks.Run(checks);
        Check("20-second", $"echo second >> {scratch}/ran");
        Check("10-first", $"echo first >> {scratch}/ran");
        Check(".hidden", "exit 1");
        Check("10-first~", "exit 1");
        HealthChecks.Run(checks);
        Assert.Equal("first\nsecond\n", File.ReadAllText(scratch + "/ran"));
        Check("15-fails", "echo the database does not answer; exit 3");
        Assert.EndsWith("15-fails ended with 3: the database does not answer", Problem());
        Assert.Equal("first\nsecond\nfirst\n", File.ReadAllText(scratch + "/ran"));
        Check("15-fails", "", isExecutable: false);
        Assert.EndsWith("15-fails is not executable", Problem());
        File.Delete(checks + "/15-fails");
        Directory.CreateDirectory(checks + "/15-fails");
        Assert.EndsWith("15-fails is not a file", Problem());
    });
}
