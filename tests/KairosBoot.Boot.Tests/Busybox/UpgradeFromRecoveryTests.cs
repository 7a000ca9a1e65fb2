using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>Upgrades of the recovery system, and upgrades and resets that run in it.</summary>
public sealed class UpgradeFromRecoveryTests
{
    [Fact]
    public void A_new_recovery_boots_and_replaces_active_and_keeps_passive()
    {
        // disks: as kboot builds it, and one with new.img, rescue.img (squashfs) and the kernel's driver for squashfs
        using GrubDisk disk = new(UpgradeImages.First);
        using SmallDisk images =
            UpgradeImages.Disk(("new.img", UpgradeImages.Get("new")), ("rescue.img", UpgradeImages.Get("rescue", "squashfs")),
            ("squashfs.ko", UpgradeImages.SquashfsModule));
        using UpgradingMachine machine = new(new MachineSpec { Name = "upgrade-recovery", Disks = [disk.File, images.File] });
        const string ListRecovery = "mount -o ro LABEL=COS_RECOVERY /srv && (cd /srv/cOS; echo *) && umount /srv";
        machine.Shell.Run("kboot assess good; kboot assess good passive");
        string passive = machine.Images.Passive;

        Assert.Contains("is a squashfs, and the running kernel has no driver for it",
            machine.Shell.Try("kboot upgrade --recovery --image /mnt/rescue.img").Output, StringComparison.Ordinal);
        machine.Shell.Run("insmod /mnt/squashfs.ko");
        Assert.Equal("recovery is new, the one before is kept as recovery.old",
            machine.Change("kboot upgrade --recovery --image /mnt/rescue.img").Outcome);
        Assert.Equal("3+ 3+ 3", machine.Slots);

        // As a container does it: upgrade-node with the running system as the source.
        const string FromNode = "HOST_DIR=/ kboot upgrade-node --recovery";
        string output = machine.Shell.Run(FromNode);
        Assert.Contains("the recovery image differs: it lacks /", output, StringComparison.Ordinal);
        Assert.Contains("recovery is new, the one before is kept as recovery.old", output, StringComparison.Ordinal);
        Assert.Equal("nothing to do: recovery already has this system", machine.Shell.Run(FromNode));

        machine.Shell.Run("kboot upgrade --recovery --download-only --image /mnt/rescue.img");
        Assert.Equal("recovery is new, the one before is kept as recovery.old",
            machine.Change("kboot upgrade --recovery --staged").Outcome);
        Assert.Equal("recovery.old recovery.squashfs", machine.Shell.Run(ListRecovery));
        // Through a pipe, it can be compared only when it is written, which takes the place of the old one.
        Assert.Contains("recovery already has this image", machine.Shell.Run("cat /mnt/rescue.img | kboot upgrade --recovery --image -"),
            StringComparison.Ordinal);
        machine.Shell.Run("kboot assess bad active; kboot select recovery --once");
        machine.Restart();
        Assert.Equal(("recovery", ("rescue", "good")), (machine.Boots, machine.System));
        Assert.Equal("recovery_mode", machine.Shell.Run("cd /run/cos; ls *_mode"));
        Assert.Equal("recovery.squashfs", machine.Shell.Run("cd /run/initramfs/cos-state/cOS; echo *"));
        Assert.Equal("recovery is good", machine.Shell.Run("kboot assess good"));

        (string outcome, string id) = machine.Change("kboot upgrade --image /mnt/new.img");
        Assert.Equal("active is new, passive is as before", outcome);
        Assert.Equal("3 3+ 3+", machine.Slots);
        machine.Restart();
        Assert.Equal(("active", ("new", "good")), (machine.Boots, machine.System));
        Assert.Equal((id, passive), machine.Images);
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good"));
    }

    [Fact]
    public void A_reset_copies_recovery_to_both_slots_and_erases_the_data()
    {
        // disks: as kboot builds it, and one with broken.img, which never reports good
        using GrubDisk disk = new(UpgradeImages.First);
        using SmallDisk images = UpgradeImages.Disk(("broken.img", UpgradeImages.Get("broken", init: UpgradeImages.NeverGood)));
        using UpgradingMachine machine = new(new MachineSpec { Name = "reset", Disks = [disk.File, images.File] });
        machine.Shell.Run("kboot assess good; mkdir -p /oem/kairosboot; touch /usr/local/data /oem/99_mine.yaml " +
            "/oem/kairosboot/userdata-taken; sync");
        (string active, string passive) before = machine.Images;
        machine.Change("kboot upgrade --image /mnt/broken.img");
        Assert.Contains("must be run from the recovery system", machine.Shell.Try("kboot reset").Output, StringComparison.Ordinal);
        machine.Shell.Run("kboot pin passive; kboot assess bad passive; kboot select recovery --once");
        machine.Restart();
        Assert.Equal(("recovery", ("busybox", "good")), (machine.Boots, machine.System));

        Assert.Equal("3 0 2", machine.Slots);
        Assert.Equal("active and passive are new", machine.Change("kboot reset --oem --persistent").Outcome);
        Assert.Equal("3 3 2", machine.Slots);
        Assert.Equal(JsonValueKind.Null, machine.Status.GetProperty("pinned").ValueKind);
        machine.Restart();
        Assert.Equal(("active", ("busybox", "good")), (machine.Boots, machine.System));
        Assert.Equal("2 3 2", machine.Slots);
        Assert.Equal(machine.Images.Active, machine.Images.Passive);
        Assert.DoesNotContain(machine.Images.Active, (string[])[before.active, before.passive]);
        Assert.Equal("", machine.Shell.Run("ls -d /usr/local/data /oem/99_mine.yaml /oem/kairosboot/userdata-taken 2>/dev/null || true"));
        Assert.Equal(["/oem", "/usr/local"],
            machine.Shell.Run("awk '$2 == \"/oem\" || $2 == \"/usr/local\" {print $2}' /proc/mounts").Split('\n').Order());
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good; kboot select passive --once >/dev/null"));
        machine.Restart();
        Assert.Equal(("passive", ("busybox", "good")), (machine.Boots, machine.System));
    }
}
