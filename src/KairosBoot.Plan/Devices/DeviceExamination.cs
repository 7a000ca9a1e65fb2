using System.Buffers.Binary;

namespace KairosBoot.Plan;

/// <summary>
/// Examines a device on which <see cref="SuperblockProbe"/> found nothing. This takes several reads, so it is done only for a message.
/// </summary>
public static class DeviceExamination
{
    private const int SuperblockLength = 1024, XfsBlock = 4096, XfsGroups = 4, ZfsLabel = 16 * 1024;

    /// <summary>Null: nothing was found.</summary>
    /// <param name="device">A device without a known file system.</param>
    /// <param name="blockSize">Bytes of a logical block: 512 or 4096.</param>
    /// <param name="hasPartitions">The kernel shows partitions of it.</param>
    /// <param name="read">Reads that many bytes of it from that offset; fewer at its end.</param>
    public static DeviceFinding? Of(BlockDevice device, int blockSize, bool hasPartitions, Func<long, int, byte[]> read)
    {
        if (hasPartitions) return null;
        if (device.Partition == 0 && OfTable(device, blockSize, read) is { } table) return table;
        return Raid(device, read) ?? ExtBackup(device, read) ?? XfsBackup(device, read) ?? Zfs(read);
    }

    // A member that does not hold the start of the array's file system.
    private static DeviceFinding? Raid(BlockDevice device, Func<long, int, byte[]> read)
    {
        for (var place = 0; place < RaidProbe.Places; place++)
        {
            if (RaidProbe.Offset(place, null, device.SizeBytes) is > 0 and var offset
                && RaidProbe.Probe(offset, read(offset, RaidProbe.Length)) is { } member)
            {
                return new(DeviceFaultKind.Raid) { Label = member.Label, Uuid = member.Uuid };
            }
        }
        return null;
    }

    // The kernel uses the backup of a table only with the option gpt, and it reads no table with a block beyond the disk: block/partitions
    // /efi.c, find_valid_gpt and is_gpt_valid.
    private static DeviceFinding? OfTable(BlockDevice disk, int blockSize, Func<long, int, byte[]> read)
    {
        var start = read(0, blockSize * 2);
        if (start.Length < blockSize * 2) return null;
        var blocks = disk.SizeBytes / blockSize;
        var first = start.AsSpan(blockSize);
        var firstIsIntact = IsIntact(first, blockSize, read);
        if (firstIsIntact && Math.Max(Gpt.LastUsable(first), Gpt.Alternate(first)) is var end && end >= blocks)
        {
            return new(DeviceFaultKind.TableBeyondDisk,
                DeviceFault.TwoSizes(disk.SizeBytes, "its partition table needs ", (end + 1) * blockSize));
        }
        var isProtected = ProtectiveMbr.Is(start);
        if (firstIsIntact && isProtected) return null;
        if (firstIsIntact || IsIntact(read((blocks - 1) * blockSize, blockSize), blockSize, read))
            return new(DeviceFaultKind.FirstTableDamaged);
        return isProtected ? new(DeviceFaultKind.TablesDamaged) : null;
    }

    private static bool IsIntact(ReadOnlySpan<byte> block, int blockSize, Func<long, int, byte[]> read) =>
        Gpt.ReadHeader(block) is { } header && Gpt.HasIntactEntries(block, read(header.Lba * blockSize, header.Length));

    // The first backup of ext2, ext3 and ext4 is at the start of block group 1. A group has 8 blocks for each byte of a block, and with
    // blocks of 1 KiB the first group starts at block 1.
    private static DeviceFinding? ExtBackup(BlockDevice device, Func<long, int, byte[]> read)
    {
        foreach (var blockSize in (ReadOnlySpan<int>)[1024, 2048, 4096])
        {
            var block = blockSize * 8L + (blockSize == 1024 ? 1 : 0);
            var window = new byte[SuperblockLength * 2];
            read(block * blockSize, SuperblockLength).CopyTo(window, SuperblockLength);
            if (SuperblockProbe.Probe(0, window) is not { MountType: "ext4" } found) continue;
            // s_log_block_size and s_block_group_nr.
            if (window[0x418] != blockSize >> 11 || BinaryPrimitives.ReadUInt16LittleEndian(window.AsSpan(0x45A)) != 1) continue;
            var number = block.ToString();
            return Backup(found, "block " + number, "e2fsck -b " + number + " -B " + blockSize.ToString() + " " + device.Node);
        }
        return null;
    }

    // mkfs.xfs makes four allocation groups on all common disks, and each has a copy at its start.
    private static DeviceFinding? XfsBackup(BlockDevice device, Func<long, int, byte[]> read)
    {
        var group = (device.SizeBytes / XfsBlock + XfsGroups - 1) / XfsGroups;
        var window = read(group * XfsBlock, SuperblockLength);
        if (SuperblockProbe.Probe(0, window) is not { Type: "xfs" } found
            || BinaryPrimitives.ReadUInt32BigEndian(window.AsSpan(84)) != group)
        {
            return null;
        }

        return Backup(found, "allocation group 1", "xfs_repair " + device.Node);
    }

    private static DeviceFinding Backup(Superblock found, string place, string repair) =>
        new(DeviceFaultKind.SuperblockDamaged, "its backup in " + place + " (" + found.Type + ")", repair)
        {
            Label = found.Label, Uuid = found.Uuid,
        };

    // The first label holds a list of names and values in XDR, which starts with "version": OpenZFS, module/zfs/vdev_label.c.
    private static DeviceFinding? Zfs(Func<long, int, byte[]> read)
    {
        var window = read(ZfsLabel, 32);
        return window.Length == 32 && window[0] == 1 && window.AsSpan(20).SequenceEqual("\0\0\0\u0007version\0"u8)
            ? new(DeviceFaultKind.Zfs) : null;
    }
}
