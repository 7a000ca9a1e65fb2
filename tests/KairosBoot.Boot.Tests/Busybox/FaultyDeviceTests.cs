using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>Devices that exist and cannot be used.</summary>
public sealed class FaultyDeviceTests
{
    private const string Active = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.timeout=20 panic=1";

    [Fact]
    public void A_read_error_on_the_state_partition_leads_to_recovery_in_the_same_boot()
    {
        // disk: | COS_STATE: active.img, bootstate; its superblock cannot be read | COS_RECOVERY: recovery.img |; GRUB has counted
        using SmallDisk disk = new(
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4), ("/bootstate", GrubDisk.Block(""))),
            new Partition("COS_RECOVERY", 24, ("/cOS/recovery.img", BusyboxRoot.Ext4)));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "eio-state", Disks = [disk.File], Unreadable = (((1 << 20) + 1024) / 512, int.MaxValue),
            CommandLine = $"{Active} kairosboot.disk={disk.PartitionUuid(1)} kairosboot.slot=active kairosboot.env=ok kairosboot.tries=2",
        });
        GuestShell shell = GuestShell.OfBusybox(machine);
        JsonElement report = Report.Of(shell);
        Assert.Equal(("recovery", "degraded"), (report.GetProperty("slot").GetString(), report.GetProperty("verdict").GetString()));
        Assert.Contains(report.GetProperty("problems").Strings("text"), text => text.Contains("booting recovery instead of active",
            StringComparison.Ordinal) && text.Contains("LABEL=COS_STATE: /dev/vda1 cannot be read: Input/output error (EIO)",
            StringComparison.Ordinal));
        // Nothing waited for a partition that exists.
        Assert.DoesNotContain("waiting for", machine.Console.Text, StringComparison.Ordinal);
    }
}
