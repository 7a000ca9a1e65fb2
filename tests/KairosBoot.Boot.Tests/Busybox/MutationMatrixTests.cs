using System.Text;
using System.Text.Json;
using KairosBoot.Plan;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// Breaks every mount of the default layout in one of the boots. The verdict must be right, and every mount that is not inside a broken one
/// must succeed.
/// </summary>
public sealed class MutationMatrixTests
{
    private const string ActiveSlot = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1";

    /// <summary>Which of the binds are broken in one boot: of every two neighbours the first or the second; with --all each one
    /// alone.</summary>
    public static TheoryData<string> Binds => Thorough.Run ? new(["even", "odd", .. DefaultLayout.PersistentStatePaths]) : ["even", "odd"];

    [Theory]
    [MemberData(nameof(Binds))]
    public void Only_binds_whose_store_is_not_a_directory_are_missing(string which)
    {
        // disk: | COS_OEM | COS_STATE: active.img (busybox) | COS_PERSISTENT: files where the stores of the broken paths belong |
        string[] broken = which switch
        {
            "even" => [.. DefaultLayout.PersistentStatePaths.Where((_, index) => index % 2 == 0)],
            "odd" => [.. DefaultLayout.PersistentStatePaths.Where((_, index) => index % 2 == 1)],
            _ => [which],
        };
        (string, byte[])[] files = [.. broken.Select(path => (Store(path), Array.Empty<byte>()))];
        BootsDegraded("broken" + which.Replace('/', '-'), broken, BusyboxRoot.Ext4, files);
    }

    [Theory]
    [InlineData("/srv")]
    [InlineData("/var")]
    public void An_overlay_on_a_file_is_missing_together_with_the_mounts_inside(string path) =>
        // disk: | COS_OEM | COS_STATE: active.img (busybox) with a file at the path | COS_PERSISTENT |
        BootsDegraded("broken-overlay" + path.Replace('/', '-'), [path], BusyboxRoot.Image("odd", filesAt: [path]), []);

    [Fact]
    public void Without_a_mount_point_only_the_oem_partition_is_missing() =>
        // disk: | COS_OEM | COS_STATE: active.img (busybox) with a file at /oem | COS_PERSISTENT |
        BootsDegraded("broken-oem", ["/oem"], BusyboxRoot.Image("odd", filesAt: ["/oem"]), []);

    [Fact]
    public void Overlays_without_their_device_use_memory_and_degrade_the_boot()
    {
        // disk: | COS_OEM | COS_STATE: active.img (busybox) | COS_PERSISTENT |, with a missing overlay device on the command line
        using SmallDisk disk = Disk(BusyboxRoot.Ext4, []);
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        { Name = "broken-overlay-device", Disks = [disk.File], CommandLine = ActiveSlot + " rd.immucore.overlay=LABEL=NOWHERE" });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Empty(All.Except(Mounted(shell)));
        Assert.Equal("tmpfs", shell.Run("awk '$2 == \"/run/overlay\" {print $3}' /proc/mounts"));
        using JsonDocument report = Report(shell);
        Assert.Equal("degraded", report.RootElement.GetProperty("verdict").GetString());
        Assert.Contains(report.RootElement.GetProperty("problems").EnumerateArray(), problem =>
            problem.GetProperty("class").GetString() == "degraded"
                && problem.GetProperty("text").GetString()!.Contains("NOWHERE", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/etc")]
    [InlineData("/usr/local")]
    public void A_root_without_a_required_mount_point_is_not_started(string path)
    {
        // disk: | COS_OEM | COS_STATE: active.img (busybox) with a file at the path | COS_PERSISTENT |
        using SmallDisk disk = Disk(BusyboxRoot.Image("odd", filesAt: [path]), []);
        FailsToBoot("broken-required" + path.Replace('/', '-'), disk, "/sysroot" + path);
    }

    [Fact]
    public void A_failed_mount_that_the_layout_requires_fails_the_boot()
    {
        // disk: | COS_OEM: REQUIRED_PATHS | COS_STATE: active.img (busybox) | COS_PERSISTENT: a file where the store of the path belongs |
        using SmallDisk disk = Disk(BusyboxRoot.Ext4, [(Store("/var/log"), [])], Layout("REQUIRED_PATHS", "/var/log"));
        FailsToBoot("class-required", disk, "var-log.bind");
    }

    [Fact]
    public void An_optional_mount_may_fail_without_degrading_the_boot()
    {
        // disk: | COS_OEM: OPTIONAL_PATHS | COS_STATE: active.img (busybox) with a file at /srv | COS_PERSISTENT |
        using SmallDisk disk = Disk(BusyboxRoot.Image("odd", filesAt: ["/srv"]), [], Layout("OPTIONAL_PATHS", "/srv"));
        using QemuMachine machine =
            QemuMachine.Start(new MachineSpec { Name = "class-optional", Disks = [disk.File], CommandLine = ActiveSlot });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal(["/srv"], All.Except(Mounted(shell)));
        using JsonDocument report = Report(shell);
        Assert.Equal("good", report.RootElement.GetProperty("verdict").GetString());
        Assert.True(HasFailedStep(report, "optional", "/srv"));
    }

    private static void FailsToBoot(string name, SmallDisk disk, string reason)
    {
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = name, Disks = [disk.File], CommandLine = ActiveSlot });
        machine.ExpectEnd(TimeSpan.FromSeconds(120));
        ConsoleText.HoldsLineWith(machine.Console, "BOOT FAILED", reason);
        Assert.DoesNotContain(BusyboxRoot.Ready, machine.Console.Text, StringComparison.Ordinal);
    }

    private static void BootsDegraded(string name, string[] broken, byte[] image, (string, byte[])[] persistent)
    {
        using SmallDisk disk = Disk(image, persistent);
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = name, Disks = [disk.File], CommandLine = ActiveSlot });
        GuestShell shell = GuestShell.OfBusybox(machine);

        HashSet<string> mounted = Mounted(shell);
        Assert.Empty(broken.Intersect(mounted));
        Assert.Empty(All.Where(path => !broken.Any(outer => MountPath.IsInside(path, outer))).Except(mounted));
        using JsonDocument report = Report(shell);
        Assert.Equal("degraded", report.RootElement.GetProperty("verdict").GetString());
        Assert.All(broken, path => Assert.True(HasFailedStep(report, "degraded", path)));
    }

    private static IEnumerable<string> All =>
        ["/", "/oem", .. DefaultLayout.RwPaths, .. DefaultLayout.Volumes.Select(v => v.Path), .. DefaultLayout.PersistentStatePaths];

    private static SmallDisk Disk(byte[] image, (string, byte[])[] persistent, params (string, byte[])[] oem) => new(
        new Partition("COS_OEM", 8, oem), new Partition("COS_STATE", 24, ("/cOS/active.img", image)),
            new Partition("COS_PERSISTENT", 16, persistent));

    private static string Store(string path) =>
        $"{SystemPaths.PersistentState[SystemPaths.Persistent.Length..]}/{StoreFileName.Of(path)}.bind";

    private static (string, byte[]) Layout(string key, string paths) => ("/90_layout.yaml",
        Encoding.UTF8.GetBytes(
            $"stages:\n  rootfs:\n    - environment_file: /run/cos/custom-layout.env\n      environment:\n        {key}: \"{paths}\"\n"));

    private static HashSet<string> Mounted(GuestShell shell) => [.. shell.Run("awk '{print $2}' /proc/mounts").Split('\n')];

    private static JsonDocument Report(GuestShell shell) => JsonDocument.Parse(shell.Run("cat /run/kairosboot/report.json"));

    private static bool HasFailedStep(JsonDocument report, string stepClass, string path) =>
        report.RootElement.GetProperty("steps").EnumerateArray().Any(step =>
            step.GetProperty("result").GetString() == "failed" && step.GetProperty("class").GetString() == stepClass
            && step.GetProperty("command").GetString()!.Split(' ', ';').Contains("/sysroot" + path));
}
