using System.Buffers.Binary;
using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>Partitions that grow or are added by a config before they are mounted.</summary>
public sealed class LayoutTests
{
    // Every Kairos image has this config.
    private const string GrowPersistent =
        """
        stages:
          rootfs.after:
            - if: '[ ! -f "/run/cos/recovery_mode" ] && [ ! -f "/run/cos/live_mode" ]'
              name: "Grow persistent"
              layout:
                device:
                  label: COS_PERSISTENT
                expand_partition:
                  size: 0

        """;

    private const string CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.timeout=20 panic=1";
    private static readonly Lazy<byte[]> WithMkfs = new(() =>
        BusyboxRoot.ImageWithProgram("active", "/usr/sbin/mke2fs", "/sbin/mkfs.ext4"));

    [Fact]
    public void The_first_boot_grows_the_partitions_and_the_second_writes_nothing()
    {
        // disk 0: | COS_OEM | COS_STATE: active.img (busybox, mkfs.ext4) | COS_PERSISTENT: a file | 96 MiB free |
        // disk 1: | XDATA: xfs, a file | free |    disk 2: | BDATA: btrfs, a file | free |    disk 3: blank
        const string Others =
            """
              rootfs:
                - layout: {device: {label: XDATA}, expand_partition: {size: 0}}
                - layout: {device: {label: BDATA}, expand_partition: {}}
                - layout:
                    device: {path: /dev/vdd, init_disk: true}
                    add_partitions:
                      - {fsLabel: SCRATCH, pLabel: scratch, size: 24, filesystem: ext4}
                      - {fsLabel: SECOND, size: 0, filesystem: ext4}
            """;
        using SmallDisk disk = Disk(GrowPersistent + Others);
        disk.Enlarge(96);
        DirectoryInfo work = Directory.CreateTempSubdirectory("kairosboot-layout-");
        try
        {
            string blank = Path.Combine(work.FullName, "blank");
            SetLength(blank, 64);
            MachineSpec spec = new()
            {
                Name = "layout-grow", MemoryMiB = 512, Initrd = Assets.Initrd,
                CommandLine = CommandLine + " rd.immucore.overlay=LABEL=SCRATCH",
                Disks = [disk.File, DataDisk(work, "xfs"), DataDisk(work, "btrfs"), blank],
            };
            QemuMachine machine = QemuMachine.Start(spec);
            try
            {
                GuestShell shell = GuestShell.OfBusybox(machine);
                // The table takes one MiB at the start and its copy one at the end.
                Assert.Equal((178 - 1 - 16 - 48 - 1).ToString(), Mebibytes(shell, "vda3"));
                Assert.Equal("kept", shell.Run("cat /usr/local/file"));
                Assert.InRange(FreeMebibytes(shell, "/usr/local"), 85, 112);
                foreach ((string type, string device) in new[] { ("xfs", "vdb1"), ("btrfs", "vdc1") })
                {
                    Assert.Equal("598", Mebibytes(shell, device));
                    Assert.Equal("kept", shell.Run($"mkdir -p /run/m && mount -t {type} /dev/{device} /run/m && cat /run/m/file"));
                    Assert.InRange(FreeMebibytes(shell, "/run/m"), 400, 598);
                    shell.Run("umount /run/m");
                }
                // The overlays use the partition that this boot has created.
                Assert.Equal("24", Mebibytes(shell, "vdd1"));
                Assert.Contains("/dev/vdd1", shell.Run("cat /proc/mounts"), StringComparison.Ordinal);
                Assert.Contains("\"verdict\": \"good\"", shell.Run("cat /run/kairosboot/report.json"), StringComparison.Ordinal);
                string tables = Tables(shell);
                shell.Leave("reboot -f");
                machine.ExpectEnd(TimeSpan.FromSeconds(60));

                machine = machine.SwitchOnAgain();
                shell = GuestShell.OfBusybox(machine);
                Assert.Equal(tables, Tables(shell));
                // These two are not mounted: no sector of them was written.
                Assert.Equal("0 0", shell.Run("echo $(awk '{print $7}' /sys/block/vdb/stat /sys/block/vdc/stat)"));
                Assert.Equal("kept", shell.Run("cat /usr/local/file"));
                Assert.Contains("\"verdict\": \"good\"", shell.Run("cat /run/kairosboot/report.json"), StringComparison.Ordinal);
                shell.Leave("poweroff -f");
                machine.ExpectEnd(TimeSpan.FromSeconds(60));
                for (int i = 0; i < 4; i++)
                {
                    string raw = machine.DiskAsLeft(i);
                    Assert.Contains("No problems found", Tool.Run("sgdisk", "--verify", raw), StringComparison.Ordinal);
                    File.Delete(raw);
                }
            }
            finally { machine.Dispose(); }
        }
        finally { work.Delete(recursive: true); }
    }

    [Fact]
    public void After_a_power_cut_during_growth_the_next_boot_finishes_it()
    {
        // disk, slow: | COS_OEM | COS_STATE: active.img (busybox, mkfs.ext4) | COS_PERSISTENT: a file | 512 MiB free |
        using SmallDisk disk = Disk(GrowPersistent);
        disk.Enlarge(512);
        QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "layout-cut", Disks = [disk.File], DiskOperations = 60, CommandLine = CommandLine + " rd.immucore.debug",
        });
        try
        {
            // The table and the kernel have the new size; the file system grows next.
            machine.Console.Expect(TimeSpan.FromSeconds(120), "partition 3 (COS_PERSISTENT) now has 528.0 MiB");
            machine = machine.SwitchOnAgain();
            GuestShell shell = GuestShell.OfBusybox(machine);
            Grown(machine, shell);
        }
        finally { machine.Dispose(); }
    }

    [Fact]
    public void A_partly_written_partition_table_is_valid_and_is_completed()
    {
        // disk: | COS_OEM | COS_STATE: active.img (busybox, mkfs.ext4) | COS_PERSISTENT: grown in the table only |; the first table has no
        // entries, its copy is valid
        using SmallDisk disk = Disk(GrowPersistent);
        disk.Enlarge(512);
        string uuid = disk.PartitionUuid(3);
        Tool.Run("sgdisk", "--move-second-header", "--delete=3", "--new=3:65M:+528M", "--change-name=3:COS_PERSISTENT",
            $"--partition-guid=3:{uuid}", disk.File);
        LeaveAfterTheFirstHeader(disk.File);
        using QemuMachine machine =
            QemuMachine.Start(new MachineSpec { Name = "layout-half", Disks = [disk.File], CommandLine = CommandLine });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Contains(uuid, shell.Run("cat /run/kairosboot/report.json /etc/fstab"), StringComparison.Ordinal);
        Grown(machine, shell);
    }

    private static void Grown(QemuMachine machine, GuestShell shell)
    {
        Assert.Equal("528", Mebibytes(shell, "vda3"));
        Assert.Equal("kept", shell.Run("cat /usr/local/file"));
        Assert.InRange(FreeMebibytes(shell, "/usr/local"), 440, 528);
        Assert.Contains("\"verdict\": \"good\"", shell.Run("cat /run/kairosboot/report.json"), StringComparison.Ordinal);
        shell.Leave("mount -o remount,ro /usr/local; umount -l /usr/local; sync; poweroff -f");
        machine.ExpectEnd(TimeSpan.FromSeconds(120));
        string raw = machine.DiskAsLeft(0);
        Assert.Contains("No problems found", Tool.Run("sgdisk", "--verify", raw), StringComparison.Ordinal);
        // At most a journal must be replayed.
        Tool.Run("e2fsck", "-f", "-n", "-E", "journal_only", $"{raw}?offset={65L << 20}");
        File.Delete(raw);
    }

    /// <summary>The state in the middle of a change: the first header refers to the entries of the copy, its own entries are
    /// erased.</summary>
    private static void LeaveAfterTheFirstHeader(string file)
    {
        using FileStream stream = new(file, FileMode.Open);
        byte[] header = new byte[512];
        stream.Position = 512;
        stream.ReadExactly(header);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(72), stream.Length / 512 - 33);
        header.AsSpan(16, 4).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Crc32(header.AsSpan(0, 92)));
        stream.Position = 512;
        stream.Write(header);
        stream.Write(new byte[32 * 512]);
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
        }
        return ~crc;
    }

    private static SmallDisk Disk(string config) => new(
        new Partition("COS_OEM", 16, ("/90_layout.yaml", Encoding.UTF8.GetBytes(config))),
        new Partition("COS_STATE", 48, ("/cOS/active.img", WithMkfs.Value)),
        new Partition("COS_PERSISTENT", 16, ("/file", "kept"u8.ToArray())));

    /// <summary>A disk of 600 MiB with one partition of 300 MiB, which has a file system of the given type and a file.</summary>
    private static string DataDisk(DirectoryInfo work, string type)
    {
        string disk = Path.Combine(work.FullName, type), image = disk + ".partition", tree = disk + ".tree";
        Directory.CreateDirectory(tree);
        File.WriteAllText(Path.Combine(tree, "file"), "kept");
        SetLength(image, 300);
        if (type == "xfs")
        {
            File.WriteAllText(disk + ".list", $"/\n0 0\nd--755 0 0\nfile ---644 0 0 {tree}/file\n$\n");
            Tool.Run("mkfs.xfs", "-q", "-L", "XDATA", "-p", disk + ".list", image);
        }
        else
        {
            Tool.Run("mkfs.btrfs", "-q", "-L", "BDATA", "--rootdir", tree, image);
        }

        SetLength(disk, 302);
        Tool.Run("sgdisk", "--new=1:1M:+300M", disk);
        Tool.Run("dd", $"if={image}", $"of={disk}", "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none");
        File.Delete(image);
        SetLength(disk, 600);
        return disk;
    }

    private static void SetLength(string path, int mebibytes)
    {
        using FileStream file = new(path, FileMode.OpenOrCreate);
        file.SetLength((long)mebibytes << 20);
    }

    private static string Mebibytes(GuestShell shell, string device) =>
        shell.Run($"echo $(($(cat /sys/class/block/{device}/size) / 2048))");

    private static int FreeMebibytes(GuestShell shell, string path) => int.Parse(shell.Run($"df -m {path} | awk 'END {{print $(NF-2)}}'"));

    private static string Tables(GuestShell shell) =>
        shell.Run("for d in a b c d; do dd if=/dev/vd$d bs=512 count=34 2>/dev/null | md5sum; tail -c 16896 /dev/vd$d | md5sum; done");
}
