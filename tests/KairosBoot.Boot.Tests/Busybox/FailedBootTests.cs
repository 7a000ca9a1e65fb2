using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>Disks that cannot boot: the console shows the reason and the device, the machine reboots, and no init starts.</summary>
public sealed class FailedBootTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact]
    public void Without_a_state_partition_the_message_lists_the_devices()
    {
        // disk: | COS_OEM | DATA |
        using SmallDisk disk = new(new Partition("COS_OEM", 8), new Partition("DATA", 12));
        SerialConsole console = BootUntilReboot("no-state", disk);
        ConsoleText.HoldsAll(console, "COS_STATE");
        ConsoleText.HoldsLineWith(console, "/dev/vda1", "ext4", "COS_OEM", "8");
        ConsoleText.HoldsLineWith(console, "/dev/vda2", "ext4", "DATA", "12");
    }

    [Fact]
    public void Without_any_disk_the_message_names_the_missing_partition()
    {
        // no disk
        using QemuMachine machine = QemuMachine.Start(Spec("no-disk"));
        machine.ExpectEnd(Limit);
        ConsoleText.HoldsAll(machine.Console, "COS_STATE");
        ConsoleText.HoldsNoStackTrace(machine.Console);
    }

    [Fact]
    public void The_message_names_a_missing_image()
    {
        // disk: | COS_OEM | COS_STATE: passive.img only | COS_PERSISTENT |
        using SmallDisk disk = new(
            new Partition("COS_OEM", 8),
            new Partition("COS_STATE", 24, ("/cOS/passive.img", BusyboxRoot.Ext4)),
            new Partition("COS_PERSISTENT", 16));
        ConsoleText.HoldsAll(BootUntilReboot("image-missing", disk), "/run/initramfs/cos-state/cOS/active.img is missing");
    }

    [Fact]
    public void The_message_names_an_image_that_is_not_a_file_system()
    {
        // disk: | COS_STATE: active.img, text | COS_PERSISTENT |
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("this is not a file system\n", 80_000)));
        using SmallDisk disk = new(new Partition("COS_STATE", 24, ("/cOS/active.img", text)), new Partition("COS_PERSISTENT", 16));
        ConsoleText.HoldsAll(BootUntilReboot("image-garbage", disk), "/cOS/active.img");
    }

    [Fact]
    public void The_message_names_an_empty_image()
    {
        // disk: | COS_STATE: active.img, no bytes | COS_PERSISTENT |
        using SmallDisk disk = new(new Partition("COS_STATE", 24, ("/cOS/active.img", [])), new Partition("COS_PERSISTENT", 16));
        ConsoleText.HoldsAll(BootUntilReboot("image-empty", disk), "/cOS/active.img");
    }

    [Fact]
    public void The_message_names_a_truncated_image()
    {
        // disk: | COS_STATE: first half of active.img | COS_PERSISTENT |
        byte[] half = BusyboxRoot.Ext4[..(BusyboxRoot.Ext4.Length / 2)];
        using SmallDisk disk = new(new Partition("COS_STATE", 24, ("/cOS/active.img", half)), new Partition("COS_PERSISTENT", 16));
        ConsoleText.HoldsAll(BootUntilReboot("image-truncated", disk), "/cOS/active.img");
    }

    [Fact]
    public void A_missing_persistent_partition_stops_the_boot()
    {
        // disk: | COS_OEM | COS_STATE: active.img (busybox) |
        using SmallDisk disk = new(new Partition("COS_OEM", 8), new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)));
        ConsoleText.HoldsAll(BootUntilReboot("no-persistent", disk), "COS_PERSISTENT", "/dev/vda1", "/dev/vda2");
    }

    [Fact]
    public void An_image_without_an_init_does_not_become_the_root()
    {
        // disk: | COS_STATE: active.img (busybox) | COS_PERSISTENT |, booted with an init= that the image does not have
        using SmallDisk disk = new(
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)),
            new Partition("COS_PERSISTENT", 16));
        ConsoleText.HoldsAll(BootUntilReboot("no-init", disk, "init=/sbin/nosuch"), "/sbin/nosuch");
    }

    private static MachineSpec Spec(string name, string more = "") => new()
    {
        Name = name,
        CommandLine = $"cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.timeout=5 panic=1 {more}",
    };

    private static SerialConsole BootUntilReboot(string name, SmallDisk disk, string more = "")
    {
        using QemuMachine machine = QemuMachine.Start(Spec(name, more) with { Disks = [disk.File] });
        machine.ExpectEnd(Limit);
        ConsoleText.HoldsNoStackTrace(machine.Console);
        Assert.DoesNotContain(BusyboxRoot.Ready, machine.Console.Text, StringComparison.Ordinal);
        // An exit of PID 1 would be a kernel panic; an orderly reboot is not.
        Assert.DoesNotContain("Kernel panic", machine.Console.Text, StringComparison.Ordinal);
        return machine.Console;
    }
}
