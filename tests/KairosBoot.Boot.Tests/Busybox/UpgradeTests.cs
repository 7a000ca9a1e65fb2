using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>Machines that upgrade themselves, and the system that each boot starts.</summary>
public sealed class UpgradeTests
{
    [Fact]
    public void An_upgrade_boots_as_active_and_the_old_system_is_passive()
    {
        // disks: as kboot builds it, and one with new.img, newer.img
        using GrubDisk disk = new(UpgradeImages.First);
        using SmallDisk images = UpgradeImages.Disk(("new.img", UpgradeImages.Get("new")), ("newer.img", UpgradeImages.Get("newer")));
        using UpgradingMachine machine = new(
            new MachineSpec { Name = "upgrade", Firmware = Firmware.Uefi, Disks = [disk.File, images.File] });
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good"));
        string old = machine.Images.Active;

        (string outcome, string id) = machine.Change("kboot upgrade --image /mnt/new.img");
        Assert.Equal("active is new, passive is what was active", outcome);
        Assert.Equal((id, old), machine.Images);
        Assert.Equal("3 3+ 3", machine.Slots);
        Assert.NotEqual(0, machine.Shell.Try("touch /run/initramfs/cos-state/written").Status);
        machine.Restart();
        Assert.Equal(("active", ("new", "good")), (machine.Boots, machine.System));
        Assert.Equal("2 3+ 3", machine.Slots);
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good"));
        Assert.Equal("3+ 3+ 3", machine.Slots);
        Assert.Equal((id, old), machine.Images);

        // An upgrade from a tree needs tools, which only the first system has; it is passive now.
        machine.Shell.Run("kboot select passive --once");
        machine.Restart();
        Assert.Equal(("passive", ("busybox", "good")), (machine.Boots, machine.System));
        machine.Shell.Run("mount -o loop,ro /mnt/newer.img /tmp");
        // Nothing in this system reports good once it is told not to wait for that: kairos-boot does when it starts init.
        (outcome, string second) = machine.Change("kboot upgrade --root /tmp --no-assessment");
        Assert.Equal("active is new, passive is as before", outcome);
        Assert.Equal((second, old), machine.Images);
        machine.Restart();
        Assert.Equal(("active", ("newer", "good")), (machine.Boots, machine.System));
        Assert.Equal("3+ 2+ 3", machine.Slots);
    }

    [Fact]
    public void After_a_broken_upgrade_passive_boots_and_upgrades_again()
    {
        // disks: as kboot builds it, and one with new.img, newer.img and broken.img, which never reports good
        using GrubDisk disk = new(UpgradeImages.First);
        using SmallDisk images = UpgradeImages.Disk(("new.img", UpgradeImages.Get("new")), ("newer.img", UpgradeImages.Get("newer")),
            ("broken.img", UpgradeImages.Get("broken", init: UpgradeImages.NeverGood)));
        using UpgradingMachine machine = new(new MachineSpec { Name = "upgrade-broken", Disks = [disk.File, images.File] });
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good"));
        string first = machine.Images.Active;

        // A second upgrade before the reboot does not replace the running image.
        Assert.Equal("active is new, passive is what was active", machine.Change("kboot upgrade --image /mnt/new.img").Outcome);
        (string outcome, string newer) = machine.Change("kboot upgrade --image /mnt/newer.img");
        Assert.Equal("active is new, passive is as before", outcome);
        Assert.Equal((newer, first), machine.Images);
        machine.Restart();
        Assert.Equal(("active", ("newer", "good")), (machine.Boots, machine.System));
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good"));

        Assert.Equal("active is new, passive is what was active", machine.Change("kboot upgrade --image /mnt/new.img").Outcome);
        (outcome, string broken) = machine.Change("kboot upgrade --image /mnt/broken.img");
        Assert.Equal("active is new, passive is as before", outcome);
        machine.Restart();
        Assert.Equal(("active active active passive", ("newer", "degraded")), (machine.Boots, machine.System));
        Assert.Equal((broken, newer), machine.Images);
        Assert.Equal("KairosBoot: passive runs instead of active (active: 0 tries left); see kboot status",
            machine.Shell.Run("cat /run/motd.d/kairosboot"));
        Assert.Matches("active +0 +no +no tries left: its last boots were not marked good\n", machine.Shell.Run("kboot status"));
        Assert.Equal("running", LastBoots(machine.Shell)[0].Result);
        Assert.Equal("passive is good", machine.Shell.Run("kboot assess good"));
        Assert.Equal("0 3+ 3", machine.Slots);
        CheckReport(machine.Shell);

        (outcome, string repaired) = machine.Change("kboot upgrade --image /mnt/new.img");
        Assert.Equal("active is new, passive is as before", outcome);
        Assert.Equal((repaired, newer), machine.Images);
        Assert.Equal("3 3+ 3", machine.Slots);
        machine.Restart();
        Assert.Equal(("active", ("new", "good")), (machine.Boots, machine.System));
        Assert.NotEqual(0, machine.Shell.Try("ls /run/motd.d/kairosboot").Status);
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good"));
        Assert.Equal("3+ 3+ 3", machine.Slots);
    }

    /// <summary>The list of boots and the report of the machine, after a fallback that was marked good.</summary>
    private static void CheckReport(GuestShell shell)
    {
        Assert.Equal("passive is good", shell.Run("kboot assess good"));
        List<(string Slot, string Result, string Why)> boots = LastBoots(shell);
        Assert.Equal(("passive", "good", "fallback: active: 0 tries left"), boots[0]);
        Assert.Equal(("active", "failed"), (boots[1].Slot, boots[1].Result));
        Assert.StartsWith("no reason is known", boots[1].Why, StringComparison.Ordinal);
        Assert.Equal(["active good order", "active good order"], boots[^2..].Select(boot => $"{boot.Slot} {boot.Result} {boot.Why}"));
        Assert.Equal("3", shell.Run("grep -c ^time= /oem/kairosboot/good-boots"));
        Assert.Matches(@"^degraded: passive \(fallback: active: 0 tries left\), image [0-9a-f]{16}, kernel .* \+ system .*; marked good; ",
            shell.Run("kboot report | head -n 1"));
        Assert.Contains(Report.Of(shell).GetProperty("steps").EnumerateArray(), step => step.TryGetProperty("startMicroseconds", out _)
            && step.GetProperty("command").GetString()!.Contains("-o loop,ro", StringComparison.Ordinal));
        shell.Run("kboot report --svg /run/boot.svg && grep -q '</svg>' /run/boot.svg");
        Assert.Contains("kboot-report/report.json", shell.Run("kboot report --bundle /run/support.tar.gz && tar -tzf /run/support.tar.gz"),
            StringComparison.Ordinal);
    }

    private static List<(string Slot, string Result, string Why)> LastBoots(GuestShell shell) =>
        [.. JsonDocument.Parse(shell.Run("kboot report --json")).RootElement.GetProperty("boots").EnumerateArray().Select(boot =>
            (boot.GetProperty("slot").GetString()!, boot.GetProperty("result").GetString()!, boot.GetProperty("why").GetString()!))];

    [Fact]
    public void After_a_rollback_an_upgrade_is_first_again_and_a_pinned_image_stays()
    {
        // disks: as kboot builds it, and one with new.img, newer.img
        using GrubDisk disk = new(UpgradeImages.First);
        using SmallDisk images = UpgradeImages.Disk(("new.img", UpgradeImages.Get("new")), ("newer.img", UpgradeImages.Get("newer")));
        using UpgradingMachine machine = new(new MachineSpec { Name = "upgrade-rollback", Disks = [disk.File, images.File] });
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good"));
        string first = machine.Images.Active;
        machine.Change("kboot upgrade --image /mnt/new.img");
        machine.Restart();
        Assert.Equal(("active", "new"), (machine.Boots, machine.System.Name));
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good"));

        machine.Shell.Run("kboot rollback");
        machine.Restart();
        Assert.Equal(("passive", ("busybox", "good")), (machine.Boots, machine.System));
        Assert.Equal("passive", machine.Status.GetProperty("first").GetString());
        machine.Shell.Run("kboot assess good; kboot pin");
        (_, string newer) = machine.Change("kboot upgrade --image /mnt/newer.img");
        Assert.Equal("active", machine.Status.GetProperty("first").GetString());
        machine.Restart();
        Assert.Equal(("active", ("newer", "good")), (machine.Boots, machine.System));
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good"));
        Assert.Equal((newer, first), machine.Images);

        // Without the pin, the running image would become passive.
        (string outcome, string id) = machine.Change("kboot upgrade --image /mnt/new.img");
        Assert.Equal("active is new, passive is as before", outcome);
        Assert.Equal((id, first), machine.Images);
        machine.Restart();
        Assert.Equal(("active", ("new", "good")), (machine.Boots, machine.System));
        Assert.Equal(first, machine.Status.GetProperty("pinned").GetString());
        // No slot has the running image any more. It keeps a name, because COS_STATE could not be remounted read-only with a deleted file
        // in use.
        machine.Change("kboot upgrade --image /mnt/newer.img");
        Assert.Equal("active.img passive.img replaced.img", machine.Shell.Run("cd /run/initramfs/cos-state/cOS; echo *"));
    }
}
