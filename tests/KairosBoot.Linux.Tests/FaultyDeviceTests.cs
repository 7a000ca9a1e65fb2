using System.Buffers.Binary;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// Devices that exist and cannot be used, made by the real tools. Where a tool needs a driver that this machine may not have (md, LVM,
/// ZFS), the bytes are written as the format documents them, and blkid, which has its own code for each format, agrees.
/// </summary>
public sealed class FaultyDeviceTests
{
    [Theory]
    [InlineData("cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000", DeviceFaultKind.Encrypted, null)]
    [InlineData("cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --label DATA",
        DeviceFaultKind.Encrypted, "DATA")]
    [InlineData("make-bcache --bdev", DeviceFaultKind.Bcache, null)]
    [InlineData("mkswap -L SWAP", DeviceFaultKind.Swap, "SWAP")]
    public void What_a_tool_made_is_named_as_what_it_is(string command, DeviceFaultKind kind, string? label) => On(32, image =>
    {
        File.WriteAllText(image + ".key", "key");
        var words = command.Split(' ');
        MountNamespace.Tool(words[0], words[0] == "cryptsetup" ? [.. words[1..], image, image + ".key"] : [.. words[1..], image]);
        var device = Fault(image, kind).Device;
        Assert.Equal((Blkid(image), label), (device.Superblock!.Type, device.Superblock.Label));
    });

    // linux/raid/md_p.h: struct mdp_superblock_1 with its place in sectors at 144, and struct mdp_superblock_s.
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 4096)]
    [InlineData(1, (32 << 20) - 8192)]
    [InlineData(0, (32 << 20) - 65536)]
    public void A_member_of_an_array_is_named_wherever_its_superblock_is(int version, int offset) => On(32, image =>
    {
        // A member of versions 0.90 and 1.0 starts with the file system of the array.
        MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", "-L", "DATA", image, "31M");
        Assert.Null(DeviceFault.Of(Scan(image)));
        Write(image, offset, RaidMember.Superblock(version, offset));
        var found = Fault(image, DeviceFaultKind.Raid).Device.Superblock!;
        Assert.Equal((Superblock.Raid, version == 0 ? null : "any:0", BlkidUuid(image)), (Blkid(image), found.Label, found.Uuid));
    });

    // The other members of a striped array start with data of the array, and the first one with a file system that is larger than itself.
    [Theory]
    [InlineData(1, (32 << 20) - 8192, true)]
    [InlineData(1, (32 << 20) - 8192, false)]
    [InlineData(0, (32 << 20) - 65536, true)]
    [InlineData(0, (32 << 20) - 65536, false)]
    public void A_member_of_a_striped_array_is_named(int version, int offset, bool first) => On(32, image =>
    {
        if (first)
        {
            MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", "-L", "DATA", image, "60M");
            using var file = File.OpenWrite(image);
            file.SetLength(32 << 20);
        }
        else
        {
            Write(image, 0, "data"u8.ToArray());
        }

        Write(image, offset, RaidMember.Superblock(version, offset));
        Fault(image, DeviceFaultKind.Raid);
    });

    // A file system that covers the place of the superblock was made after the array was dissolved.
    [Fact]
    public void The_rest_of_a_dissolved_array_is_not_a_member() => On(32, image =>
    {
        var block = new byte[4096];
        BinaryPrimitives.WriteUInt32LittleEndian(block, 0xA92B4EFC);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(4), 1);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(144), ((32 << 20) - 8192) / 512);
        MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", "-L", "DATA", image);
        Write(image, (32 << 20) - 8192, block);
        Assert.Null(DeviceFault.Of(Scan(image)));
    });

    // lvm2 lib/format_text/layout.h and lib/label/label.h: the label header, its checksum over the rest of the sector, and the UUID.
    [Fact]
    public void An_LVM_physical_volume_is_named() => On(8, image =>
    {
        var sector = new byte[512];
        "LABELONE"u8.CopyTo(sector);
        BinaryPrimitives.WriteInt64LittleEndian(sector.AsSpan(8), 1);
        BinaryPrimitives.WriteInt32LittleEndian(sector.AsSpan(20), 32);
        "LVM2 001abcdefghijklmnopqrstuvwxyz012345"u8.CopyTo(sector.AsSpan(24));
        var crc = 0xf597a6cfu;
        foreach (var b in sector.AsSpan(20))
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (uint)-(int)(crc & 1));
        }
        BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(16), crc);
        Write(image, 512, sector);
        Assert.Equal(BlkidUuid(image), Fault(image, DeviceFaultKind.Lvm).Device.Superblock!.Uuid);
        Assert.Equal(Superblock.Lvm, Blkid(image));
    });

    // OpenZFS: each label has its list of names and values at 16 KiB and an array of uberblocks at 128 KiB, which is what blkid reads.
    [Fact]
    public void A_member_of_a_ZFS_pool_is_named() => On(64, image =>
    {
        byte[] list = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x24, 0, 0, 0, 0x20, 0, 0, 0, 7, .. "version\0"u8,
            0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x13, 0x88];
        byte[] uberblock = new byte[1024];
        BinaryPrimitives.WriteUInt64LittleEndian(uberblock, 0xbab10c);
        foreach (var label in new[] { 0, 256 << 10, (64 << 20) - (512 << 10), (64 << 20) - (256 << 10) })
        {
            Write(image, label + (16 << 10), list);
            for (var i = 0; i < 128; i++) Write(image, label + (128 << 10) + i * 1024, uberblock);
        }
        Fault(image, DeviceFaultKind.Zfs);
        Assert.Equal("zfs_member", Blkid(image));
    });

    [Theory]
    [InlineData("mke2fs -q -F -t ext4 -b 1024 -L DATA", 32)]
    [InlineData("mke2fs -q -F -t ext3 -b 2048 -L DATA", 64)]
    [InlineData("mke2fs -q -F -t ext4 -b 4096 -L DATA", 160)]
    [InlineData("mkfs.xfs -q -L DATA", 320)]
    [InlineData("mkfs.xfs -q -L DATA", 513)]
    public void A_zeroed_superblock_with_an_intact_backup_is_named_and_repaired(string command, int mebibytes) => On(mebibytes, image =>
    {
        var words = command.Split(' ');
        MountNamespace.Tool(words[0], [.. words[1..], image]);
        var before = Scan(image).Superblock!;
        Write(image, 0, new byte[8192]);
        var fault = Fault(image, DeviceFaultKind.SuperblockDamaged);
        Assert.Equal((before.Label, before.Uuid), (fault.Device.Finding!.Label, fault.Device.Finding.Uuid));
        var fix = fault.Fix[(fault.Fix.IndexOf(": ") + 2)..].Replace(fault.Device.Node, image).Split(' ');
        // e2fsck ends with 1 if it repaired something. An operator answers its questions.
        if (fix[0] == "e2fsck") fix = ["e2fsck", "-y", .. fix[1..]];
        MountNamespace.Tool("sh", "-c", $"PATH=/usr/sbin:$PATH; {string.Join(' ', fix)}; [ $? -le 1 ]");
        var after = Scan(image);
        Assert.Null(DeviceFault.Of(after));
        Assert.Equal((before.Type, before.Label, before.Uuid), (after.Superblock!.Type, after.Superblock.Label, after.Superblock.Uuid));
    });

    [Theory]
    [InlineData("mke2fs -q -F -t ext4 -L DATA", 32)]
    [InlineData("mkfs.xfs -q -L DATA", 320)]
    public void A_file_system_that_is_larger_than_its_device_is_named(string command, int mebibytes) => On(mebibytes, image =>
    {
        var words = command.Split(' ');
        MountNamespace.Tool(words[0], [.. words[1..], image]);
        using (var file = File.OpenWrite(image)) file.SetLength((mebibytes / 2L) << 20);
        var fault = Fault(image, DeviceFaultKind.DeviceTooSmall);
        Assert.Contains($"{mebibytes / 2}.0 MiB, but its ", fault.Problem);
        using (var file = File.OpenWrite(image)) file.SetLength((long)mebibytes << 20);
        Assert.Null(DeviceFault.Of(Scan(image)));
    });

    [Fact]
    public void A_write_protected_device_is_known() => On(8, image =>
    {
        var node = MountNamespace.Tool("losetup", "--find", "--show", "--read-only", image).Trim();
        try { Assert.True(BlockDeviceScan.One(node[5..])!.IsWriteProtected); }
        finally { MountNamespace.Tool("losetup", "--detach", node); }
        Assert.False(Scan(image).IsWriteProtected);
    });

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void A_disk_that_is_smaller_than_its_table_is_named(int blockSize) => OnTable(blockSize, image =>
    {
        Assert.Null(Examined(image, blockSize).Finding);
        using (var file = File.OpenWrite(image)) file.SetLength(48 << 20);
        Assert.Equal(DeviceFaultKind.TableBeyondDisk, Examined(image, blockSize).Finding!.Kind);
        Assert.Equal("48.0 MiB, but its partition table needs 64.0 MiB", Examined(image, blockSize).Finding!.Detail);
    });

    [Theory]
    [InlineData(512, 1, 1)]
    [InlineData(4096, 1, 1)]
    [InlineData(512, 2, 4)]
    [InlineData(512, 0, 1)]
    public void A_damaged_first_copy_of_the_table_is_named_and_the_fix_works(int blockSize, int block, int blocks) =>
        OnTable(blockSize, image =>
    {
        Write(image, block * blockSize, new byte[blocks * blockSize]);
        Assert.Equal(DeviceFaultKind.FirstTableDamaged, Examined(image, blockSize).Finding!.Kind);
        Assert.Contains("gdisk {device} (r, b, w, y)", DeviceFaultTexts.Fix(DeviceFaultKind.FirstTableDamaged));
        WithLoop(image, blockSize, node =>
        {
            // If both copies look intact, gdisk asks which table to use, and 1 is the GPT.
            var keys = block == 0 ? "1\nr\nb\nw\ny\n" : "r\nb\nw\ny\n";
            MountNamespace.Tool("sh", "-c", $"printf '{keys.Replace("\n", "\\n")}' | /usr/sbin/gdisk {node}");
            Assert.Contains("No problems found", MountNamespace.Tool("sgdisk", "--verify", node));
        });
        Assert.Null(Examined(image, blockSize).Finding);
    });

    [Fact]
    public void A_disk_with_two_damaged_tables_is_named() => OnTable(512, image =>
    {
        Write(image, 512, new byte[512]);
        Write(image, (64 << 20) - 512, new byte[512]);
        Assert.Equal(DeviceFaultKind.TablesDamaged, Examined(image, 512).Finding!.Kind);
        // An empty disk has no table that could be damaged.
        Write(image, 0, new byte[512]);
        Assert.Null(Examined(image, 512).Finding);
    });

    private static void On(int mebibytes, Action<string> body) => MountNamespace.Run(scratch =>
    {
        var image = scratch + "/image";
        using (var file = File.Create(image)) file.SetLength((long)mebibytes << 20);
        body(image);
    });

    private static void OnTable(int blockSize, Action<string> body) => On(64, image =>
    {
        WithLoop(image, blockSize, node => MountNamespace.Tool("sgdisk", "-n", "1:0:+8M", "-c", "1:COS_STATE", "-n", "2:0:+8M", node));
        body(image);
    });

    private static void WithLoop(string image, int blockSize, Action<string> body)
    {
        var node = MountNamespace.Tool("losetup", "--find", "--show", "--sector-size", $"{blockSize}", image).Trim();
        try { body(node); }
        finally { MountNamespace.Tool("losetup", "--detach", node); }
    }

    private static DeviceFault Fault(string image, DeviceFaultKind kind)
    {
        var fault = DeviceFault.Of(Scan(image))!;
        Assert.Equal(kind, fault.Kind);
        return fault;
    }

    private static BlockDevice Scan(string image) => Examined(image, 512);

    private static BlockDevice Examined(string image, int blockSize)
    {
        BlockDevice? device = null;
        WithLoop(image, blockSize, node => device = BlockDeviceScan.Examine([BlockDeviceScan.One(node[5..])!])[0]);
        return device!;
    }

    private static void Write(string image, long offset, byte[] bytes)
    {
        using var file = File.OpenWrite(image);
        file.Position = offset;
        file.Write(bytes);
    }

    private static string BlkidUuid(string image) => MountNamespace.Tool("blkid", "-p", "-o", "value", "-s", "UUID", image).Trim();

    private static string Blkid(string image) => MountNamespace.Tool("blkid", "-p", "-o", "value", "-s", "TYPE", image).Trim();
}
