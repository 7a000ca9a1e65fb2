using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>Partitions that a layout adds to a disk, with the distribution's mkfs programs.</summary>
public sealed class AddedPartitionTests
{
    private const string Two =
        "add_partitions: [{fsLabel: DATA, pLabel: data, size: 64, filesystem: ext4}, {fsLabel: SWAP, size: 16, filesystem: swap}]";

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void Partitions_are_added_only_once(int blockSize) => On(blockSize, disk =>
    {
        Assert.Empty(disk.Layout(Two));
        disk.Verify();
        var added = BlockDeviceScan.One(disk.Name + "p2")!;
        Assert.Equal(("data", "ext4", "DATA", 64L << 20),
            (added.PartLabel, added.Superblock?.Type, added.Superblock?.Label, added.SizeBytes));
        Assert.Equal('4', added.PartUuid![14]);
        Assert.Equal("swap", BlockDeviceScan.One(disk.Name + "p3")!.Superblock!.Type);
        MountNamespace.Tool("e2fsck", "-f", "-n", disk.Partition(2));
        var types = MountNamespace.Tool("sfdisk", "--dump", disk.Node);
        Assert.Contains($"start={17 * (1 << 20) / blockSize,12}, size={64 * (1 << 20) / blockSize,12}, " +
            "type=0FC63DAF-8483-4772-8E79-3D69D8477DE4", types);
        Assert.Contains("type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F", types);

        var before = disk.Written;
        Assert.Empty(disk.Layout(Two));
        Assert.Equal(before, disk.Written);
        Assert.Equal(3, disk.Disk.Read().Partitions.Length);
    });

    [Fact]
    public void The_default_is_ext2_and_size_0_uses_and_follows_the_free_space() => On(512, disk =>
    {
        const string Rest = "add_partitions: [{fsLabel: A, size: 8}, {pLabel: rest, filesystem: xfs, size: 0}]\n        " +
            "expand_partition: {size: 0}";
        Assert.Empty(disk.Layout(Rest));
        Assert.Equal("ext2", BlockDeviceScan.One(disk.Name + "p2")!.Superblock!.Type);
        Assert.Equal((511 - 25) << 20, BlockDeviceScan.SizeBytes(disk.Name + "p3"));
        disk.Enlarge(600);
        Assert.Empty(disk.Layout(Rest));
        Assert.Equal((599 - 25) << 20, BlockDeviceScan.One(disk.Name + "p3")!.Superblock!.SizeBytes);
        disk.Verify();
    });

    [Theory]
    [InlineData("fat32", "vfat", "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", false)]
    [InlineData("vfat", "vfat", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", true)]
    [InlineData("fat16", "vfat", "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", false)]
    [InlineData("btrfs", "btrfs", "0FC63DAF-8483-4772-8E79-3D69D8477DE4", false)]
    [InlineData("ext3", "ext3", "21686148-6449-6E6F-744E-656564454649", true)]
    [InlineData("none", null, "0FC63DAF-8483-4772-8E79-3D69D8477DE4", false)]
    public void Each_kind_has_its_program_and_its_type(string fileSystem, string? found, string type, bool bootable) => On(512, disk =>
    {
        Assert.Empty(disk.Layout(
            $"add_partitions: [{{pLabel: it, fsLabel: {(found is null ? "''" : "IT")}, size: 200, filesystem: {fileSystem}, bootable: " +
            $"{bootable}}}]"));
        Assert.Equal(found, BlockDeviceScan.One(disk.Name + "p2")!.Superblock?.Type);
        if (found is not null) Assert.Equal("IT", BlockDeviceScan.One(disk.Name + "p2")!.Superblock!.Label);
        Assert.Contains("type=" + type, MountNamespace.Tool("sfdisk", "--dump", disk.Node));
        disk.Verify();
    });

    [Fact]
    public void If_mkfs_fails_or_is_missing_the_disk_is_unchanged() => On(512, disk =>
    {
        var before = disk.Disk.Read().Partitions.Length;
        // An xfs needs at least 300 MiB.
        Assert.Contains("mkfs.xfs -f -q -L X /dev/", disk.Only("add_partitions: [{fsLabel: X, size: 20, filesystem: xfs}]"));
        Syscall.Mount("/dev/null", "/usr/sbin/mkfs.btrfs", "", MountFlags.Bind, "");
        Assert.Contains("this root has no mkfs.btrfs, which makes btrfs; to fix: add it to the image",
            disk.Only("add_partitions: [{fsLabel: X, size: 200, filesystem: btrfs}]"));
        Assert.Equal(before, disk.Disk.Read().Partitions.Length);
        Assert.Null(BlockDeviceScan.Partition(disk.Name, 2));
        Syscall.Umount("/usr/sbin/mkfs.btrfs");
        Assert.Empty(disk.Layout("add_partitions: [{fsLabel: X, size: 200, filesystem: btrfs}]"));
        disk.Verify();
    });

    [Fact]
    public void If_the_table_cannot_be_written_the_kernel_drops_the_partition() => On(512, disk =>
    {
        MountNamespace.Tool("blockdev", "--setro", disk.Node);
        try
        {
            Assert.Contains(disk.Node, disk.Only("add_partitions: [{pLabel: raw, size: 20, filesystem: none}]"));
            Assert.Null(BlockDeviceScan.Partition(disk.Name, 2));
        }
        // It would apply to the next user of the device.
        finally { MountNamespace.Tool("blockdev", "--setrw", disk.Node); }
    });

    [Fact]
    public void An_interrupted_table_is_completed_although_the_partition_exists() => On(512, disk =>
    {
        const string Add = "add_partitions: [{pLabel: raw, size: 20, filesystem: none}]";
        Assert.Empty(disk.Layout(Add));
        var start = new byte[512];
        using (var handle = Syscall.Open(disk.Node, OpenFlags.ReadWrite))
        {
            Syscall.PRead(handle, start, 0);
            foreach (var write in disk.Disk.Read().Writes(start)[..2]) Syscall.PWriteAll(handle, write.Bytes, write.Offset);
        }
        Assert.True(disk.Disk.Read().IsHalfWritten);
        Assert.Empty(disk.Layout(Add));
        Assert.False(disk.Disk.Read().IsHalfWritten);
        disk.Verify();
    });

    [Fact]
    public void An_invalid_partition_is_refused_and_the_next_ones_are_not_added() => On(512, disk =>
    {
        var before = disk.Written;
        Assert.Contains("no room for a partition of 600 MiB: 494 MiB are free after the last partition",
            disk.Only("add_partitions: [{fsLabel: X, size: 600}, {fsLabel: Y, size: 8}]"));
        Assert.Contains("without fsLabel and pLabel", disk.Only("add_partitions: [{size: 8}]"));
        Assert.Contains("longer than the 12 bytes of xfs",
            disk.Only("add_partitions: [{fsLabel: THIRTEEN_LONG, size: 400, filesystem: xfs}]"));
        Assert.Contains("longer than 36", disk.Only($"add_partitions: [{{pLabel: {new string('p', 37)}, size: 8}}]"));
        // If a part of it were left out, it would be another layout: a partition over the whole disk.
        Assert.Contains("MiB", disk.Only("add_partitions: [{fsLabel: X, size: 1G}]"));
        Assert.Contains("ext2, ext3", disk.Only("add_partitions: [{fsLabel: X, size: 8, filesystem: zfs}]"));
        Assert.Contains("MiB", disk.Only("add_partitions: [{fsLabel: X, size: -1}]"));
        Assert.Equal(before, disk.Written);
    });

    [Fact]
    public void A_blank_disk_gets_a_table_and_another_one_keeps_its_content() => MountNamespace.Run(scratch =>
    {
        using var disk = new LoopDisk(scratch, 64, 512);
        const string Add = "add_partitions: [{fsLabel: DATA, size: 16, filesystem: ext4}]";
        Assert.Contains("has no partition table", disk.Only(Add));
        Assert.Empty(disk.Layout(Add, ", init_disk: true"));
        Assert.Contains("769727DD-FF87-5C57-9C07-674630FC7A00", MountNamespace.Tool("sgdisk", "--print", disk.Node));
        disk.Verify();
        var before = disk.Written;
        Assert.Empty(disk.Layout(Add, ", init_disk: true, disk_name: OTHER"));
        Assert.Equal(before, disk.Written);
    });

    [Fact]
    public void A_disk_that_is_not_blank_is_not_initialized() => MountNamespace.Run(scratch =>
    {
        using var disk = new LoopDisk(scratch, 64, 512);
        MountNamespace.Tool("mke2fs", "-q", "-F", disk.Node);
        var before = disk.Written;
        Assert.Contains("is not blank", Assert.Single(disk.Layout("expand_partition: {size: 0}", ", init_disk: true")).Reason);
        Assert.Equal(before, disk.Written);
    });

    [Fact]
    public void An_interrupted_new_table_is_written_again() => MountNamespace.Run(scratch =>
    {
        using var disk = new LoopDisk(scratch, 64, 512);
        var writes = PartitionTable.New(512, (64 << 20) / 512, Guid.NewGuid()).Writes([]);
        foreach (var write in writes)
        {
            using (var handle = Syscall.Open(disk.Node, OpenFlags.ReadWrite)) Syscall.PWriteAll(handle, write.Bytes, write.Offset);
            Assert.True(disk.Disk.Initialize(Guid.NewGuid()));
            disk.Verify();
            MountNamespace.Tool("sgdisk", "--zap-all", disk.Node);
            foreach (var earlier in writes)
            {
                using var handle = Syscall.Open(disk.Node, OpenFlags.ReadWrite);
                Syscall.PWriteAll(handle, earlier.Bytes, earlier.Offset);
                if (earlier == write) break;
            }
        }
        Assert.True(disk.Disk.Initialize(Guid.NewGuid()));
        Assert.False(disk.Disk.Initialize(Guid.NewGuid()));
    });

    [Fact]
    public void The_device_may_come_from_a_script_and_must_be_a_block_device() => On(512, disk =>
    {
        const string Add = "add_partitions: [{fsLabel: DATA, size: 16, filesystem: ext4}]";
        Assert.Empty(disk.Layout(Add, path: $"\"script://echo {disk.Node}\""));
        Assert.Equal(2, disk.Disk.Read().Partitions.Length);
        Assert.Contains("printed nothing", Assert.Single(disk.Layout(Add, path: "script://false")).Reason);
        Assert.Contains("block device /dev/nothing not found", Assert.Single(disk.Layout(Add, path: "/dev/nothing")).Reason);
        Assert.Contains("block device /etc/passwd not found", Assert.Single(disk.Layout(Add, path: "/etc/passwd")).Reason);
        Assert.Contains("neither path nor label", Assert.Single(disk.Layout(Add, path: "''")).Reason);
        Assert.Contains("LABEL=NOWHERE: no such device appeared",
            Assert.Single(disk.Layout(Add, path: "/dev/disk/by-label/NOWHERE")).Reason);
    });

    /// <summary>Disk: | first, 16 MiB | 494 MiB free |.</summary>
    private static void On(int blockSize, Action<LoopDisk> body) => MountNamespace.Run(scratch =>
    {
        using var disk = new LoopDisk(scratch, 512, blockSize, "-n", "1:1M:+16M", "-c", "1:first");
        body(disk);
    });
}
