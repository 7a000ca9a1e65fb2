using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>The software watchdog of the kernel ends boots that nothing else can end. This kernel has no driver for QEMU's
/// watchdog.</summary>
public sealed class WatchdogTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(240);

    private static string CommandLine(int seconds) =>
        $"cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1 kairosboot.watchdog={seconds}";

    private const string Config = """
        stages:
          rootfs:
            - environment_file: /run/cos/cos-layout.env
              environment: {VOLUMES: "LABEL=COS_PERSISTENT:/usr/local LABEL=DATA:/srv"}
        """;

    // disk: | COS_OEM: a layout with a data disk | COS_STATE: active.img (busybox) | COS_PERSISTENT |
    private static SmallDisk Disk() =>
        new(new Partition("COS_OEM", 8, ("/90_config.yaml", Encoding.ASCII.GetBytes(Config))),
        new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)),
        new Partition("COS_PERSISTENT", 16));

    [Fact]
    public void The_watchdog_resets_a_machine_whose_disk_stops_answering()
    {
        using SmallDisk disk = Disk();
        using SmallDisk dead = new(new Partition("DATA", 8));
        using QemuMachine machine =
            QemuMachine.Start(new MachineSpec
            {
                // Table and superblock can be read (72 KiB), the rest of the file system (96 KiB) cannot: the mount blocks PID 1.
                Name = "watchdog-dead-disk", Disks = [disk.File], DeadDisks = [(dead.File, 80 << 10)],
                CommandLine = CommandLine(15)
            });
        machine.ExpectEnd(Limit);
        ConsoleText.HoldsAll(machine.Console, "watchdog Software Watchdog armed: 15 s", "Initiating system reboot");
        Assert.DoesNotContain(BusyboxRoot.Ready, machine.Console.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Kernel panic", machine.Console.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_init_gets_an_armed_watchdog()
    {
        // Longer than a slow host needs from the hand-over to the shell.
        using SmallDisk disk = Disk();
        using QemuMachine machine =
            QemuMachine.Start(new MachineSpec { Name = "watchdog-hand-over", Disks = [disk.File], CommandLine = CommandLine(45) });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal("active 45 Software Watchdog", shell.Run("cd /sys/class/watchdog/watchdog0; echo $(cat state timeout identity)"));
        Assert.Contains("does not end a hang of the kernel itself", shell.Run("cat /run/kairosboot/report.json"), StringComparison.Ordinal);
        // The busybox init does not feed the watchdog.
        machine.ExpectEnd(Limit);
        Assert.DoesNotContain("Kernel panic", machine.Console.Text, StringComparison.Ordinal);
    }
}
