using System.Text.Json;
using KairosBoot.Plan;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// Every mount of the default layout broken in turn, one boot each: the verdict is right, and whatever does not lie inside the broken one is
/// mounted as if nothing had happened.
/// </summary>
public sealed class MutationMatrixTests
{
    private const string ActiveSlot = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1";

    public static TheoryData<string> Binds => new(DefaultLayout.PersistentStatePaths);

    [Theory]
    [MemberData(nameof(Binds))]
    public void A_bind_whose_store_is_no_directory_is_missing_alone(string path) =>
        // disk: | COS_OEM | COS_STATE: active.img (busybox) | COS_PERSISTENT: a file where the store of the path belongs |
        BootsDegraded("broken" + path.Replace('/', '-'), broken: path, BusyboxRoot.Ext4,
            [($"{SystemPaths.PersistentState[SystemPaths.Persistent.Length..]}/{StateName.Of(path)}.bind", [])]);

    [Theory]
    [InlineData("/srv")]
    [InlineData("/var")]
    public void An_overlay_over_something_that_is_no_directory_is_missing_with_what_lies_inside(string path) =>
        // disk: | COS_OEM | COS_STATE: active.img (busybox) with a file at the path | COS_PERSISTENT |
        BootsDegraded("broken-overlay" + path.Replace('/', '-'), broken: path, BusyboxRoot.Image("odd", filesAt: [path]), []);

    [Fact]
    public void A_root_whose_etc_cannot_be_laid_out_is_not_started()
    {
        // disk: | COS_STATE: active.img (busybox) with a file at /etc | COS_PERSISTENT |
        using SmallDisk disk = new(
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Image("odd", filesAt: ["/etc"]))), new Partition("COS_PERSISTENT", 16));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "broken-overlay-etc", Disks = [disk.File], CommandLine = ActiveSlot });
        machine.ExpectEnd(TimeSpan.FromSeconds(120));
        ConsoleText.HoldsLineWith(machine.Console, "BOOT FAILED", "/sysroot/etc");
        Assert.DoesNotContain(BusyboxRoot.Ready, machine.Console.Text, StringComparison.Ordinal);
    }

    private static void BootsDegraded(string name, string broken, byte[] image, (string, byte[])[] persistent)
    {
        using SmallDisk disk = new(
            new Partition("COS_OEM", 8), new Partition("COS_STATE", 24, ("/cOS/active.img", image)), new Partition("COS_PERSISTENT", 16, persistent));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = name, Disks = [disk.File], CommandLine = ActiveSlot });
        GuestShell shell = GuestShell.OfBusybox(machine);

        HashSet<string> mounted = [.. shell.Run("awk '{print $2}' /proc/mounts").Split('\n')];
        string[] all =
            ["/", "/oem", .. DefaultLayout.RwPaths, .. DefaultLayout.Volumes.Select(v => v.Path), .. DefaultLayout.PersistentStatePaths];
        Assert.DoesNotContain(broken, mounted);
        Assert.Empty(all.Where(path => !MountPath.IsInside(path, broken)).Except(mounted));

        using JsonDocument report = JsonDocument.Parse(shell.Run("cat /run/kairosboot/report.json"));
        Assert.Equal("degraded", report.RootElement.GetProperty("verdict").GetString());
        Assert.Contains(report.RootElement.GetProperty("steps").EnumerateArray(), step =>
            step.GetProperty("result").GetString() == "failed" && step.GetProperty("class").GetString() == "degraded"
            && step.GetProperty("command").GetString()!.EndsWith("/sysroot" + broken, StringComparison.Ordinal));
    }
}
