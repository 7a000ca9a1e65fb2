using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace KairosBoot.Boot.Tests;

/// <summary>A disk that is attached and does not answer, or no longer: who reads it is blocked in the kernel forever.</summary>
public sealed class DeadDiskTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(240);

    // The kernel reads the partition table, and nothing after it.
    private const int OnlyTable = 64 << 10;

    private const string Stuck = "the driver virtio_blk has not started the device /sys/bus/virtio/devices/virtio[0-9], disk vd[a-c]";

    // Runs instead of an init. The machine has no console.
    private const string PrintAndEnd = """
        streams=none
        for number in 0 1 2; do [ ! -e /proc/$$/fd/$number ] || streams="$streams $number"; done
        exec >/dev/ttyS0 2>&1 </dev/null
        dmesg -n 1
        echo '<<printed'
        echo streams $streams
        echo "name $(cat /name) user-data $(cat /etc/seeded)"
        for process in /proc/[0-9]*; do { tr '\0' ' ' <$process/cmdline; } 2>/dev/null | grep -a ' 100[0-9] $'; done
        grep -a -o '"text": *"[^"]*"' /run/kairosboot/report.json
        grep -o '"verdict": *"[a-z]*"' /run/kairosboot/report.json
        echo 'printed>>'
        stty -F /dev/ttyS0 sane # returns when all is sent
        echo b >/proc/sysrq-trigger
        """;

    private const string Config = """
        stages:
          rootfs:
            - environment_file: /run/cos/cos-layout.env
              environment: {VOLUMES: "LABEL=COS_PERSISTENT:/usr/local LABEL=DATA:/srv LABEL=MORE:/mnt"}
            - datasource: {providers: ["cdrom"], path: "/oem/95_userdata"}
          initramfs:
            - commands:
                - (exec -a @storage /bin/coreutils-sleep 1000) >/dev/null 2>&1 </dev/null &
                - (exec /bin/coreutils-sleep 1001) >/dev/null 2>&1 </dev/null &
                - (trap '' TERM; exec /bin/coreutils-sleep 1002) >/dev/null 2>&1 </dev/null &
        """;

    private static readonly Lazy<byte[]> Image = new(() => BusyboxRoot.ImageWith("dead", tree =>
    {
        BusyboxRoot.SetInit(tree, PrintAndEnd);
        BusyboxRoot.AddProgram(tree, "/bin/sleep", "/bin/coreutils-sleep");
    }, mebibytes: 16));

    [Fact]
    public void Dead_data_disks_without_a_console_do_not_stop_the_boot()
    {
        // disks: dead; dies after the table; | COS_OEM: a layout, commands | COS_STATE: active.img | COS_PERSISTENT |; a CD with user-data
        using SmallDisk disk = new(new Partition("COS_OEM", 8, ("/90_config.yaml", Encoding.ASCII.GetBytes(Config))),
            new Partition("COS_STATE", 24, ("/cOS/active.img", Image.Value)), new Partition("COS_PERSISTENT", 16));
        using SmallDisk dead = new(new Partition("DATA", 8));
        using SmallDisk dying = new(new Partition("MORE", 8));
        using SeedDrive seed = SeedDrive.Iso("cidata",
            ("user-data", "#cloud-config\nstages: {initramfs: [{commands: ['echo yes > /etc/seeded']}]}\n"), ("meta-data", ""));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "dead-data-disks", Disks = [disk.File], DeadDisks = [(dead.File, 0), (dying.File, OnlyTable)],
            Disc = seed.File, HasConsole = false, Processors = 2,
            Initrd = Assets.Initrd, CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1",
        });
        machine.Console.Expect(Limit, "<<printed\n");
        string printed = machine.Console.Expect(Limit, "printed>>");
        Assert.StartsWith("streams none\nname dead user-data yes\n@storage 1000 \n\"text\"", printed, StringComparison.Ordinal);
        Assert.Contains("\"degraded\"", printed, StringComparison.Ordinal);
        string problems = string.Join('\n', printed.Split('\n').Where(line => line.StartsWith("\"text\"", StringComparison.Ordinal)));
        Assert.Matches(Stuck + "; to fix: detach or replace the device", problems);
        Assert.Matches("the disk /dev/vd[a-c] does not answer; to fix: detach or replace the device", problems);
        Assert.Matches("volume LABEL=DATA:/srv .*: no such device appeared; it may be inside another one: /dev/vd[a-c]1? cannot be read: " +
            "it does not answer", problems);
        Assert.Matches("volume LABEL=MORE:/mnt .* /dev/vd[a-c]1 cannot be read: it does not answer", problems);
        Assert.Matches("kairos-boot: not waiting any longer: " + Stuck, machine.Console.Text);
        Assert.Equal(2, machine.Console.Text.Split("that a cloud-config stage left running").Length - 1);
        Assert.Single(machine.Console.Text.Split('\n'),
            line => line.Contains(" (/bin/coreutils-sleep, killed) ", StringComparison.Ordinal));
    }

    // The kernel ends no loading of a module before the probes that run in its background have ended.
    [Fact]
    public void A_dead_disk_next_to_a_scsi_boot_disk_does_not_block_modules_of_the_booted_system()
    {
        // disks: dead, on virtio | COS_STATE: active.img | COS_PERSISTENT |, on virtio's SCSI bus
        byte[] image = BusyboxRoot.ImageWith("module", tree => File.Copy(
            Directory.GetFiles(Path.Combine(Assets.KernelRoot, "lib/modules"), "dummy.ko", SearchOption.AllDirectories).Single(),
            Path.Combine(tree, "dummy.ko")));
        using SmallDisk disk = new(new Partition("COS_STATE", 24, ("/cOS/active.img", image)), new Partition("COS_PERSISTENT", 16));
        using SmallDisk dead = new(new Partition("DATA", 8));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "dead-disk-scsi", Disks = [disk.File], DeadDisks = [(dead.File, 0)],
            DiskDevices = [["virtio-scsi-pci,id=scsi", "scsi-hd,drive=disk0,bus=scsi.0"]],
            Initrd = Assets.Initrd, CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1",
        });
        GuestShell shell = GuestShell.OfBusybox(machine);
        shell.Run("insmod /dummy.ko && grep -q '^dummy ' /proc/modules");
        Assert.Contains("/dev/sda", shell.Run("grep ' /usr/local ' /proc/mounts"), StringComparison.Ordinal);
    }

    // With a second processor several threads load modules.
    [ThoroughTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_boot_disk_that_answers_late_is_booted(int processors)
    {
        using SmallDisk disk = new(new Partition("COS_OEM", 8), new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = $"late-boot-disk-{processors}", Processors = processors, DeadDisks = [(disk.File, OnlyTable)],
            CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1",
        });
        machine.Console.Expect(Limit, "waiting for LABEL=COS_STATE");
        machine.WakeDeadDisk();
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Contains("\"good\"", shell.Run("grep verdict /run/kairosboot/report.json"), StringComparison.Ordinal);
        // Who had the disk open while it did not answer has ended.
        Assert.Equal("0", shell.Run("ls /proc/[0-9]*/fd/* -l 2>/dev/null | grep -c ' /dev/vda' || true"));
    }

    // With a second processor several threads load modules.
    [ThoroughTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_dead_boot_disk_ends_in_a_restart_that_names_driver_and_device(int processors)
    {
        using SmallDisk dead = new(new Partition("COS_STATE", 8));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = $"dead-boot-disk-{processors}", Processors = processors, DeadDisks = [(dead.File, 0)],
            CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.timeout=16 panic=1",
        });
        machine.ExpectEnd(Limit);
        // One deadline: each message of the countdown is five seconds after the one before it.
        ConsoleText.HoldsAll(machine.Console, "waiting for LABEL=COS_STATE", "did not appear within 16 s", "rebooting in 1 s");
        int[] left = [.. Regex.Matches(machine.Console.Text, "waiting for LABEL=COS_STATE, ([0-9]+) s left")
            .Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.True(left.Length >= 2 && left.Zip(left.Skip(1)).All(pair => pair.First - pair.Second is 5 or 6), string.Join(' ', left));
        Assert.Matches(Stuck, machine.Console.Text);
        ConsoleText.HoldsNoStackTrace(machine.Console);
    }
}
