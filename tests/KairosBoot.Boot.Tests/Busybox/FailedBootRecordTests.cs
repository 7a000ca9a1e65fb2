using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>The reason of a failed boot is reported by the next good boot, in any slot, and only once.</summary>
public sealed class FailedBootRecordTests
{
    private const string Active = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.timeout=5 panic=1";
    private const string Passive = "cos-img/filename=/cOS/passive.img root=LABEL=COS_PASSIVE panic=1";
    private const string Recovery = "cos-img/filename=/cOS/recovery.img root=LABEL=COS_RECOVERY panic=1";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_other_slot_reports_a_missing_image_once(bool oem)
    {
        // disk: | COS_OEM (optional) | COS_STATE: passive.img only | COS_PERSISTENT |
        Partition[] partitions =
            [new Partition("COS_STATE", 24, ("/cOS/passive.img", BusyboxRoot.Ext4)), new Partition("COS_PERSISTENT", 16)];
        using SmallDisk disk = new(oem ? [new Partition("COS_OEM", 8), .. partitions] : partitions);
        using QemuMachine failing = Fails($"record-image-{(oem ? "oem" : "no-oem")}", disk, Active);
        // The journal was written back, so that the next boot need not replay it.
        Assert.DoesNotContain("left as it is", failing.Console.Text, StringComparison.Ordinal);

        using QemuMachine good = failing.SwitchOnAgain(Passive);
        GuestShell shell = GuestShell.OfBusybox(good);
        JsonElement failed = Assert.Single(Report.Of(shell).GetProperty("failedBoots").EnumerateArray());
        // Before the image is mounted, COS_OEM has no mount point. It is mounted for the reason.
        Assert.Equal(("active", "/cOS/active.img", oem ? "oem" : "state"),
            (Text(failed, "slot"), Text(failed, "image"), Text(failed, "foundIn")));
        Assert.Equal("put an image there, or boot another slot", Text(failed, "fix"));
        Assert.Contains("/cOS/active.img is missing", Text(failed, "problem"), StringComparison.Ordinal);
        Assert.Contains("booting active from /cOS/active.img", Text(failed, "log"), StringComparison.Ordinal);
        Assert.Equal("good", Text(Report.Of(shell), "verdict"));
        Assert.Contains("an earlier boot failed", shell.Run("dmesg"), StringComparison.Ordinal);
        Assert.NotEqual(0, shell.Try("touch /run/initramfs/cos-state/written").Status);
        Assert.DoesNotContain("recovery complete", good.Console.Text, StringComparison.Ordinal);
        shell.Leave("poweroff -f");
        good.ExpectEnd(Limit);

        using QemuMachine later = good.SwitchOnAgain(Passive);
        shell = GuestShell.OfBusybox(later);
        Assert.Empty(Report.Of(shell).GetProperty("failedBoots").EnumerateArray());
        string partition = oem ? "/oem" : "/run/initramfs/cos-state";
        Assert.Contains("active.img is missing", shell.Run($"cat {partition}/kairosboot/failed-boots.reported"), StringComparison.Ordinal);
        Assert.Equal("", shell.Run($"dmesg | grep 'EXT4-fs (vda{(oem ? 2 : 1)}): .*recovery' || :"));
    }

    [Fact]
    public void Recovery_reports_several_failed_boots_in_order()
    {
        // disk: | COS_OEM | COS_RECOVERY: recovery.img (busybox) | COS_STATE: active.img (busybox) |, no COS_PERSISTENT
        using SmallDisk disk = new(
            new Partition("COS_OEM", 8),
            new Partition("COS_RECOVERY", 24, ("/cOS/recovery.img", BusyboxRoot.Ext4)),
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)));
        using QemuMachine first = Fails("record-order", disk, Active + " init=/sbin/nosuch");
        using QemuMachine second = first.SwitchOnAgain(Active);
        second.ExpectEnd(Limit);

        using QemuMachine third = second.SwitchOnAgain(Passive);
        third.ExpectEnd(Limit);

        using QemuMachine good = third.SwitchOnAgain(Recovery);
        GuestShell shell = GuestShell.OfBusybox(good);
        JsonElement report = Report.Of(shell);
        Assert.Equal(["active", "active", "passive"], report.GetProperty("failedBoots").Strings("slot"));
        // The last boot failed before the image was mounted, which has the mount point of COS_OEM.
        Assert.Equal(["oem", "oem", "oem"], report.GetProperty("failedBoots").Strings("foundIn"));
        string[] problems = report.GetProperty("failedBoots").Strings("problem");
        Assert.Contains("/sbin/nosuch", problems[0], StringComparison.Ordinal);
        Assert.Contains("COS_PERSISTENT", problems[1], StringComparison.Ordinal);
        Assert.Contains("/cOS/passive.img is missing", problems[2], StringComparison.Ordinal);
        Assert.Equal(3, report.GetProperty("failedBoots").Strings("bootId").Distinct().Count());
        Assert.Equal("", shell.Run("grep COS_STATE /proc/mounts; grep kairosboot/state /proc/mounts || :"));
    }

    [Fact]
    public void Without_a_disk_the_firmware_keeps_the_reason_until_it_is_reported()
    {
        // disk: | COS_STATE: active.img (busybox) | COS_PERSISTENT |; the first boot gets the UUID of a missing disk
        using SmallDisk disk = new(new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine failing = Fails("record-pstore", disk, Active + " kairosboot.disk=01234567-89ab-cdef-0123-456789abcdef");
        using QemuMachine good = failing.SwitchOnAgain(Active);
        GuestShell shell = GuestShell.OfBusybox(good);
        JsonElement failed = Assert.Single(Report.Of(shell).GetProperty("failedBoots").EnumerateArray());
        Assert.Equal(("active", "/cOS/active.img", "pstore"), (Text(failed, "slot"), Text(failed, "image"), Text(failed, "foundIn")));
        Assert.Contains("01234567-89ab-cdef-0123-456789abcdef", Text(failed, "problem"), StringComparison.Ordinal);
        Assert.NotEqual("", Text(failed, "fix"));
        Assert.Equal("", shell.Run("mount -t pstore pstore /sys/fs/pstore && ls /sys/fs/pstore"));
    }

    [Fact]
    public void A_failure_kept_on_disk_and_in_firmware_is_reported_once()
    {
        // disk: | COS_STATE: passive.img only | COS_PERSISTENT |
        using SmallDisk disk = new(new Partition("COS_STATE", 24, ("/cOS/passive.img", BusyboxRoot.Ext4)),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine failing = Fails("record-both", disk, Active);
        using QemuMachine good = failing.SwitchOnAgain(Passive);
        GuestShell shell = GuestShell.OfBusybox(good);
        Assert.Equal(["state"], Report.Of(shell).GetProperty("failedBoots").Strings("foundIn"));
        Assert.Equal("", shell.Run("mount -t pstore pstore /sys/fs/pstore && ls /sys/fs/pstore"));
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString() ?? "";

    private static QemuMachine Fails(string name, SmallDisk disk, string commandLine)
    {
        QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = name, Disks = [disk.File], CommandLine = commandLine, KeepsLogs = name is "record-pstore" or "record-both",
        });
        machine.ExpectEnd(Limit);
        ConsoleText.HoldsAll(machine.Console, "BOOT FAILED");
        return machine;
    }
}
