using System.Text;
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

    [Fact]
    public void Data_that_cannot_be_opened_is_named_once_each_and_not_called_missing()
    {
        // disks: | COS_OEM: a layout | COS_STATE: active.img | COS_PERSISTENT: LUKS |, | SMALL |, its end is missing, and an empty CD drive
        const string Layout = """
            stages:
              rootfs:
                - commands:
                    - printf 'VOLUMES="LABEL=COS_PERSISTENT:/usr/local\n LABEL=SMALL:/small WRONG:/wrong"\n' > /run/cos/cos-layout.env
            """;
        using SmallDisk disk = new(new Partition("COS_OEM", 8, ("/90_layout.yaml", Encoding.ASCII.GetBytes(Layout))),
            new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)), new Partition("COS_PERSISTENT", 16));
        Encrypt(disk.File, offset: 33L << 20, length: 16 << 20);
        using SmallDisk cut = new(new Partition("SMALL", 16));
        using (FileStream file = File.OpenWrite(cut.File)) file.SetLength(12 << 20);
        string console = Path.Combine(Path.GetDirectoryName(cut.File)!, "hvc0");
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "faulty-data", Disks = [disk.File, cut.File], Initrd = Assets.Initrd, HasEmptyDrive = true,
            VirtioConsole = console,
            CommandLine = Active + " kairosboot.persistent=tmpfs console=hvc0 console=ttyS0",
        });
        GuestShell shell = GuestShell.OfBusybox(machine);
        string[] problems = [.. Report.Of(shell).GetProperty("problems").Strings("text")];
        Assert.Equal(["layout: /run/cos/cos-layout.env:2: VOLUMES entry WRONG:/wrong is not DEVICE:/path, such as LABEL=DATA:/srv/data",
            "volume LABEL=COS_PERSISTENT:/usr/local (/run/cos/cos-layout.env:1): /dev/vda3 is encrypted (LUKS), and kairos-boot does not " +
            "open it; a tmpfs is mounted instead: data written to /usr/local is lost after this boot; to fix: open it in recovery " +
            "(cryptsetup open /dev/vda3 data), and copy the data to a plain partition of that name",
            "volume LABEL=SMALL:/small (/run/cos/cos-layout.env:2): no such device appeared; it may be inside another one: /dev/vdb has " +
            "12.0 MiB, but its partition table needs 18.0 MiB: the disk was made smaller, or its copy is incomplete; to fix: restore the " +
            "size of the disk, or copy it again; do not repair the partition table"],
            problems.Where(text => text.StartsWith("layout: ", StringComparison.Ordinal)
                || text.StartsWith("volume ", StringComparison.Ordinal)));
        // An empty drive is no error.
        ConsoleText.HoldsAll(machine.Console, "[sr0] scsi3-mmc drive");
        Assert.DoesNotContain("I/O error, dev sr0", machine.Console.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("[sr0] tag#", machine.Console.Text, StringComparison.Ordinal);
        Assert.Contains("kairos-boot: verdict degraded", File.ReadAllText(console), StringComparison.Ordinal);
    }

    private static void Encrypt(string disk, long offset, int length)
    {
        string container = disk + ".luks";
        using (FileStream file = File.Create(container)) file.SetLength(length);
        File.WriteAllText(disk + ".key", "key");
        Tool.Run("cryptsetup", "-q", "luksFormat", "--type", "luks1", "--pbkdf-force-iterations", "1000", container, disk + ".key");
        using FileStream target = File.OpenWrite(disk);
        target.Position = offset;
        target.Write(File.ReadAllBytes(container));
    }
}
