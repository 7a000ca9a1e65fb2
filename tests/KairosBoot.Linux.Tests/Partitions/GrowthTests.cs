namespace KairosBoot.Linux.Tests;

/// <summary>
/// Enlarged disks on loop devices, with partitions and file systems made by the distribution's tools. Growing an ext4 needs
/// CAP_SYS_RESOURCE, which not every test machine gives to root: the boot tier tests that.
/// </summary>
public sealed class GrowthTests
{
    private const string Grow = "expand_partition: {size: 0}";

    [Theory]
    [InlineData("xfs", 512)]
    [InlineData("xfs", 4096)]
    [InlineData("btrfs", 512)]
    [InlineData("btrfs", 4096)]
    public void The_last_partition_and_its_file_system_grow_only_once(string type, int blockSize) =>
        On(type, blockSize, (disk, mountPoint) =>
        {
            var uuid = BlockDeviceScan.One(disk.Name + "p2")!.PartUuid;
            disk.Enlarge(700);
            Assert.Empty(disk.Layout(Grow));

            disk.Verify();
            Assert.Equal((699 - 17) << 20, BlockDeviceScan.SizeBytes(disk.Name + "p2"));
            Assert.Equal(uuid, BlockDeviceScan.One(disk.Name + "p2")!.PartUuid);
            var growth = FileSystemResize.Examine(disk.Partition(2), type, (699 - 17) << 20);
            Assert.InRange(growth.SizeBytes, 680L << 20, 682L << 20);
            Check(disk, type);
            Syscall.Mount(disk.Partition(2), mountPoint, type, MountFlags.None, "");
            Assert.Equal("kept", File.ReadAllText(mountPoint + "/file"));
            Syscall.Umount(mountPoint);

            var before = disk.Written;
            Assert.Empty(disk.Layout(Grow));
            Assert.Equal(before, disk.Written);
        });

    [Fact]
    public void A_write_protected_disk_with_nothing_to_grow_is_not_an_error() => On("xfs", 512, (disk, _) =>
    {
        Assert.Empty(disk.Layout(Grow));
        MountNamespace.Tool("blockdev", "--setro", disk.Node, disk.Partition(2));
        try
        {
            Assert.Empty(disk.Layout(Grow));
            disk.Enlarge(500);
            Assert.NotEmpty(disk.Layout(Grow));
        }
        // It would apply to the next user of the device.
        finally { MountNamespace.Tool("blockdev", "--setrw", disk.Node); }
    });

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public void A_file_system_in_use_grows_where_it_is_mounted(string type) => On(type, 512, (disk, mountPoint) =>
    {
        Syscall.Mount(disk.Partition(2), mountPoint, type, MountFlags.None, "");
        try
        {
            using var open = new StreamWriter(mountPoint + "/open");
            disk.Enlarge(700);
            Assert.Empty(disk.Layout(Grow));
            open.Write("still there");
            open.Flush();
            using (var file = Syscall.Open(mountPoint, OpenFlags.ReadOnly))
                Assert.InRange(Syscall.FreeSpace(file).Bytes, 500L << 20, 700L << 20);
            Assert.Single(MountTable.Read(), mount => mount.Source == disk.Partition(2));
            Assert.Empty(disk.Layout(Grow));
        }
        finally { Syscall.Umount(mountPoint); }
        Check(disk, type);
    });

    [Fact]
    public void Growth_interrupted_after_the_table_is_completed() => On("btrfs", 512, (disk, _) =>
    {
        disk.Enlarge(500);
        var table = disk.Disk.Read();
        disk.Disk.Write(table.WithEnd(table.Last!, table.GrownEnd(table.Last!, 0)));
        Assert.Empty(disk.Layout(Grow));
        Assert.Equal((499 - 17) << 20, BlockDeviceScan.One(disk.Name + "p2")!.Superblock!.SizeBytes);
    });

    [Fact]
    public void Every_interrupted_table_is_valid_for_other_programs() => On("ext4", 512, (disk, _) =>
    {
        disk.Enlarge(500);
        var table = disk.Disk.Read();
        var end = table.GrownEnd(table.Last!, 0);
        var start = new byte[512];
        using (var handle = Syscall.Open(disk.Node, OpenFlags.ReadOnly)) Syscall.PRead(handle, start, 0);
        var writes = table.WithEnd(table.Last!, end).Writes(start);
        Assert.Equal(5, writes.Length);
        var ends = new List<long>();
        foreach (var write in writes)
        {
            using (var handle = Syscall.Open(disk.Node, OpenFlags.ReadWrite))
            {
                Syscall.PWriteAll(handle, write.Bytes, write.Offset);
                Syscall.FSync(handle);
            }
            // libblkid requires valid checksums in the first copy, like the kernel.
            var dump = MountNamespace.Tool("sfdisk", "--dump", disk.Node);
            Assert.Contains("name=\"first\"", dump);
            Assert.DoesNotContain("corrupt", dump);
            var size = dump.Split('\n').Single(line => line.Contains("name=\"last\"")).Split("size=")[1].Split(',')[0];
            ends.Add(table.Last!.First + long.Parse(size) - 1);
            Assert.Contains(" last", MountNamespace.Tool("sgdisk", "--print", disk.Node));
        }
        Assert.Equal([table.Last!.Last, table.Last.Last, end, end, end], ends);
        disk.Verify();
    });

    [Fact]
    public void A_damaged_file_system_does_not_grow_before_its_check() => On("ext4", 512, (disk, _) =>
    {
        MountNamespace.Tool("debugfs", "-w", "-R", "ssv state 3", disk.Partition(2));
        disk.Enlarge(500);
        Assert.Contains("could not grow from 300.0 MiB to 482.0 MiB: it is flagged as having errors; to fix: check the file system and " +
            "reboot", disk.Only(Grow));
        Assert.Equal(300 << 20, BlockDeviceScan.One(disk.Name + "p2")!.Superblock!.SizeBytes);
        // The partition has its new size already.
        Assert.Equal(482 << 20, BlockDeviceScan.SizeBytes(disk.Name + "p2"));
    });

    [Theory]
    [InlineData("-t", "ext4", "-b", "4096")]
    [InlineData("-t", "ext4", "-b", "1024")]
    [InlineData("-t", "ext4", "-O", "^64bit,^resize_inode")]
    [InlineData("-t", "ext2", "-b", "1024", "-g", "1024")]
    public void Space_that_mke2fs_leaves_at_the_end_is_not_growth(params string[] options) => MountNamespace.Run(scratch =>
    {
        var image = scratch + "/image";
        for (var kibibytes = 120_000; kibibytes < 150_000; kibibytes += 1_500)
        {
            MountNamespace.Tool("mke2fs", [.. options, "-q", "-F", image, $"{kibibytes}k"]);
            var growth = FileSystemResize.Examine(image, "ext4", kibibytes << 10);
            Assert.True(growth.IsDone, $"{kibibytes} KiB: {growth.SizeBytes} of {growth.MaxBytes}");
            Assert.False(FileSystemResize.Examine(image, "ext4", (kibibytes + 20_000) << 10).IsDone);
            File.Delete(image);
        }
    });

    [Fact]
    public void A_smaller_size_than_the_present_one_is_a_warning() => On("xfs", 512, (disk, _) =>
    {
        disk.Enlarge(500);
        Assert.Empty(disk.Layout("expand_partition: {size: 400}"));
        Assert.Equal(400 << 20, BlockDeviceScan.SizeBytes(disk.Name + "p2"));
        var problem = Assert.Single(disk.Layout("expand_partition: {size: 350}"));
        Assert.True(problem.IsWarning);
        Assert.Contains("already has 400.0 MiB; partitions are not shrunk", problem.Reason);
        Assert.Contains("cannot grow to 490 MiB: the disk has room for 482 MiB", disk.Only("expand_partition: {size: 490}"));
        Assert.Equal(400 << 20, BlockDeviceScan.SizeBytes(disk.Name + "p2"));
    });

    [Fact]
    public void A_partition_that_cannot_grow_is_refused_before_any_write() => MountNamespace.Run(scratch =>
    {
        using var disk = new LoopDisk(scratch, 64, 512, "-n", "1:1M:+16M", "-c", "1:first", "-n", "2:17M:+16M", "-c", "2:last");
        var before = disk.Written;
        Assert.Contains("has no known file system", disk.Only(Grow));
        Assert.Equal(before, disk.Written);
        MountNamespace.Tool("mkfs.vfat", disk.Partition(2));
        before = disk.Written;
        Assert.Contains("has the file system vfat, which cannot grow", disk.Only(Grow));
        Assert.Contains("partition 1 (first) cannot grow: it is followed by partition 2 (last)",
            Assert.Single(disk.Layout(Grow, partition: 1)).Reason);
        Assert.Equal(before, disk.Written);
    });

    [Fact]
    public void Disks_without_a_sound_gpt_are_refused() => MountNamespace.Run(scratch =>
    {
        using var disk = new LoopDisk(scratch, 64, 512);
        Assert.Contains("has no partition table", disk.Only(Grow));
        MountNamespace.Tool("sgdisk", "-n", "1:1M:+16M", disk.Node);
        using (var handle = Syscall.Open(disk.Node, OpenFlags.ReadWrite)) Syscall.PWriteAll(handle, new byte[512], 512);
        var before = disk.Written;
        Assert.Contains("first copy of the partition table is damaged", disk.Only(Grow));
        MountNamespace.Tool("sgdisk", "--zap-all", disk.Node);
        File.WriteAllText(scratch + "/mbr", "label: dos\nstart=2048, size=20480, type=83\n");
        MountNamespace.Tool("sh", "-c", $"sfdisk --no-reread --no-tell-kernel {disk.Node} < {scratch}/mbr");
        before = disk.Written;
        Assert.Contains("has an MBR partition table", disk.Only(Grow));
        Assert.Equal(before, disk.Written);
    });

    /// <summary>Disk: | first, 16 MiB | last, 300 MiB: that file system with a file | 2 MiB free |.</summary>
    private static void On(string type, int blockSize, Action<LoopDisk, string> body) => MountNamespace.Run(scratch =>
    {
        using var disk = new LoopDisk(scratch, 319, blockSize, "-n", "1:1M:+16M", "-c", "1:first", "-n", "2:17M:+300M", "-c", "2:last");
        MountNamespace.Tool("mkfs." + type, "-q", type.StartsWith("ext", StringComparison.Ordinal) ? "-F" : "-f", disk.Partition(2));
        var mountPoint = scratch + "/mount";
        Directory.CreateDirectory(mountPoint);
        Syscall.Mount(disk.Partition(2), mountPoint, type, MountFlags.None, "");
        File.WriteAllText(mountPoint + "/file", "kept");
        Syscall.Umount(mountPoint);
        body(disk, mountPoint);
    });

    private static void Check(LoopDisk disk, string type)
    {
        if (type == "xfs") MountNamespace.Tool("xfs_repair", "-n", disk.Partition(2));
        else MountNamespace.Tool("btrfs", "check", "--readonly", disk.Partition(2));
    }
}
