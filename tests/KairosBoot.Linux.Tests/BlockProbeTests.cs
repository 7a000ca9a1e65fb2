using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>Compares our reading of superblocks and partition tables with blkid and sgdisk, on the output of the real tools.</summary>
public sealed class BlockProbeTests
{
    [Theory]
    [InlineData("mke2fs -q -t ext2 -L LABEL2", 8)]
    [InlineData("mke2fs -q -t ext3 -L LABEL3", 8)]
    [InlineData("mke2fs -q -t ext4 -L LABEL4", 8)]
    [InlineData("mkfs.xfs -q -L XFSLABEL", 320)]
    [InlineData("mkfs.btrfs -q -L a-rather-long-btrfs-label", 128)]
    [InlineData("mkfs.vfat -F 32 -n FATLABEL", 64)]
    [InlineData("mkfs.vfat -F 16 -n FAT16", 32)]
    [InlineData("mkfs.vfat -F 12", 8)]
    [InlineData("mkswap -L SWAPLABEL", 8)]
    [InlineData("mkfs.f2fs -q -l F2FS-LABEL", 64)]
    [InlineData("cryptsetup -q luksFormat -d /etc/passwd --type luks1 --pbkdf-force-iterations 1000", 32)]
    [InlineData("cryptsetup -q luksFormat -d /etc/passwd --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --label L", 32)]
    public void Type_label_and_uuid_agree_with_blkid(string command, int mebibytes) => MountNamespace.Run(scratch =>
    {
        var image = scratch + "/image";
        using (var file = File.Create(image)) file.SetLength((long)mebibytes << 20);
        var words = command.Split(' ');
        MountNamespace.Tool(words[0], [.. words[1..], image]);
        HoldToBlkid(image);
    });

    // The output of the tools for a file system, and our reading of it. The kernel replays a journal, so that needs no check.
    [Theory]
    [InlineData("mke2fs -q -t ext4", "", null, null)]
    [InlineData("mke2fs -q -t ext4", "debugfs -w -R|ssv state 3", "is flagged as having errors", null)]
    [InlineData("mke2fs -q -t ext2", "debugfs -w -R|ssv state 2", "is flagged as having errors", null)]
    [InlineData("mke2fs -q -t ext2", "debugfs -w -R|ssv state 0", "was not cleanly unmounted", null)]
    [InlineData("mke2fs -q -t ext3", "debugfs -w -R|ssv state 0", "was not cleanly unmounted", null)]
    [InlineData("mke2fs -q -t ext4", "debugfs -w -R|feature needs_recovery", null, null)]
    [InlineData("mke2fs -q -t ext4", "tune2fs -c 20 -C 19", null, null)]
    [InlineData("mke2fs -q -t ext4", "tune2fs -c 20 -C 20", null, "was mounted 20 times without being checked")]
    [InlineData("mke2fs -q -t ext4", "tune2fs -c -1 -C 200", null, null)]
    [InlineData("mke2fs -q -t ext4", "tune2fs -c 0 -C 200", null, null)]
    [InlineData("mke2fs -q -t ext4", "tune2fs -i 1d -T 20200101", null, "was not checked for longer than its check interval")]
    [InlineData("mke2fs -q -t ext4", "tune2fs -i 1d -T now", null, null)]
    [InlineData("mke2fs -q -t ext4", "tune2fs -i 0 -T 20200101", null, null)]
    [InlineData("mkfs.vfat -F 32", "", null, null)]
    [InlineData("mkfs.vfat -F 16", "", null, null)]
    [InlineData("mkfs.vfat -F 32", "dirty 65", "was not cleanly unmounted", null)]
    [InlineData("mkfs.vfat -F 16", "dirty 37", "was not cleanly unmounted", null)]
    public void The_superblock_says_whether_a_check_is_needed(string make, string change, string? damage, string? routine) =>
        MountNamespace.Run(scratch =>
    {
        var image = scratch + "/image";
        using (var file = File.Create(image)) file.SetLength(40 << 20);
        var words = make.Split(' ');
        MountNamespace.Tool(words[0], [.. words[1..], image]);
        if (change.StartsWith("dirty "))
        {
            // FAT_STATE_DIRTY, at the offset in the kernel's fs/fat/inode.c; fsck.vfat agrees below.
            using (var file = File.OpenWrite(image))
            {
                file.Position = int.Parse(change[6..]);
                file.WriteByte(1);
            }
            Assert.Contains("Dirty bit is set", MountNamespace.Tool("sh", "-c", $"/usr/sbin/fsck.vfat -n {image}; true"));
        }
        else if (change.Length > 0)
        {
            var parts = change.Split('|');
            words = parts[0].Split(' ');
            MountNamespace.Tool(words[0], [.. words[1..], .. parts[1..], image]);
        }
        var found = Probe(image)!;
        Assert.Equal((damage, routine), (found.NeedsCheck, found.RoutineCheck));
    });

    [Theory]
    [InlineData("ext2", 0x5E0BE100u, 0, 0x5E0BE100)]
    [InlineData("ext4", 0x5E0BE100u, 0, 0x5E0BE100)]
    [InlineData("ext4", 0x20u, 1, 0x1_0000_0020)]
    public void The_superblock_says_when_it_was_last_written(string type, uint low, int high, long expected) =>
        MountNamespace.Run(scratch =>
    {
        var image = scratch + "/image";
        using (var file = File.Create(image)) file.SetLength(8 << 20);
        MountNamespace.Tool("mke2fs", "-q", "-t", type, image);
        Assert.InRange(Probe(image)!.WrittenAt, DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 600, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        // debugfs sets the time itself when it closes the file system, so the fields are written here: s_wtime and s_wtime_hi of
        // fs/ext4/ext4.h.
        using (var file = File.OpenWrite(image))
        {
            file.Position = 0x430;
            file.Write(BitConverter.GetBytes(low));
            file.Position = 0x674;
            file.WriteByte((byte)high);
        }
        Assert.Equal(expected, Probe(image)!.WrittenAt);
        var said = MountNamespace.Tool("sh", "-c", $"LC_ALL=C TZ=UTC dumpe2fs -h {image} 2>/dev/null | sed -n 's/^Last write time: *//p'");
        // It shows the lower 32 bits only.
        Assert.Equal((expected & uint.MaxValue).ToString(), MountNamespace.Tool("date", "-u", "-d", said.Trim(), "+%s").Trim());
    });

    [Theory]
    [InlineData("mksquashfs TREE IMAGE -quiet -no-progress")]
    [InlineData("mkfs.erofs IMAGE TREE")]
    [InlineData("genisoimage -quiet -V ISO_label -o IMAGE TREE")]
    public void Image_formats_agree_with_blkid(string command) => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/tree");
        File.WriteAllText(scratch + "/tree/file", new string('x', 100_000));
        var words = command.Replace("TREE", scratch + "/tree").Replace("IMAGE", scratch + "/image").Split(' ');
        MountNamespace.Tool(words[0], words[1..]);
        HoldToBlkid(scratch + "/image");
        Assert.InRange(Probe(scratch + "/image")!.SizeBytes, 1, new FileInfo(scratch + "/image").Length);
    });

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void Partition_guids_and_names_agree_with_sgdisk(int blockSize) => MountNamespace.Run(scratch =>
    {
        var image = scratch + "/disk";
        using (var file = File.Create(image)) file.SetLength(64 << 20);
        MountNamespace.Tool("losetup", "--version");
        var loop = MountNamespace.Tool("losetup", "-f", "--show", "-b", blockSize.ToString(), image).Trim();
        try
        {
            MountNamespace.Tool("sgdisk", "-n", "1:0:+1M", "-c", "1:COS_STATE", "-n", "5:0:+1M", "-c", "5:name with ümlaut", loop);
            using var device = Syscall.Open(loop, OpenFlags.ReadWrite);
            var entries = BlockProbe.Partitions(device, blockSize, 64 << 20);
            Assert.Equal([(1, "COS_STATE"), (5, "name with ümlaut")], entries.Select(e => (e.Number, e.Name!)));
            foreach (var entry in entries)
                Assert.Contains(entry.Uuid.ToUpperInvariant(), MountNamespace.Tool("sgdisk", "-i", entry.Number.ToString(), loop));
            // With a wiped primary header, the backup at the end of the disk is used.
            MountNamespace.Tool("dd", "if=/dev/zero", "of=" + loop, $"bs={blockSize}", "seek=1", "count=1", "conv=notrunc,fsync",
                "status=none");
            Assert.Equal(entries.AsEnumerable(), BlockProbe.Partitions(device, blockSize, 64 << 20).AsEnumerable());
        }
        finally { MountNamespace.Tool("losetup", "-d", loop); }
    });

    private static Superblock? Probe(string image)
    {
        using var file = Syscall.Open(image, OpenFlags.ReadOnly);
        return BlockProbe.Superblock(file);
    }

    private static void HoldToBlkid(string image)
    {
        var blkid = MountNamespace.Tool("blkid", "-p", "-o", "export", image).Split('\n')
            .Where(line => line.Contains('=')).ToDictionary(line => line[..line.IndexOf('=')],
                line => line[(line.IndexOf('=') + 1)..].Replace("\\ ", " "));
        var found = Probe(image)!;
        Assert.Equal(
            (blkid["TYPE"], blkid.GetValueOrDefault("LABEL"), blkid.GetValueOrDefault("UUID")), (found.Type, found.Label, found.Uuid));
    }
}
