using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>Reads a device or a file from an offset until the buffer is full or it ends; returns the number of bytes.</summary>
public delegate int ReadAt(Span<byte> buffer, long offset);

/// <summary>Reads what <see cref="SuperblockProbe"/> and <see cref="Gpt"/> need from devices and image files.</summary>
public static class BlockProbe
{
    /// <summary>Null: no known format. Throws if the file cannot be read.</summary>
    /// <param name="file">An image file, or a device that answers.</param>
    /// <param name="sizeBytes">Size of a device, whose last blocks may show that it is a RAID member; 0: an image file.</param>
    public static Superblock? Superblock(FileHandle file, long sizeBytes = 0) =>
        Superblock((buffer, offset) => Syscall.PRead(file, buffer, offset), sizeBytes);

    /// <inheritdoc cref="Superblock(FileHandle, long)"/>
    internal static Superblock? Superblock(ReadAt device, long sizeBytes)
    {
        foreach (var (offset, length) in SuperblockProbe.Windows)
        {
            var window = new byte[length];
            var read = device(window, offset);
            if (SuperblockProbe.Probe(offset, window.AsSpan(0, read)) is { } found)
                return RaidAtEnd(device, found, sizeBytes) ?? found.AsOf(Syscall.UnixTimeSeconds());
            if (read < length) break;
        }
        return null;
    }

    private static Superblock? RaidAtEnd(ReadAt device, Superblock found, long sizeBytes)
    {
        try
        {
            for (var place = 0; place < RaidProbe.Places; place++)
            {
                if (RaidProbe.Offset(place, found, sizeBytes) is not (> 0 and var offset)) continue;
                var window = new byte[RaidProbe.Length];
                if (RaidProbe.Probe(offset, window.AsSpan(0, device(window, offset))) is { } member) return member;
            }
        }
        catch (SyscallException) { } // a bad sector after the file system is no reason not to mount it
        return null;
    }

    /// <summary>Null: nothing was found, or it cannot be read.</summary>
    /// <param name="device">A device without a known file system.</param>
    /// <param name="hasPartitions">The kernel shows partitions of it.</param>
    public static DeviceFinding? Examine(BlockDevice device, bool hasPartitions)
    {
        try
        {
            using var node = BlockReader.Open(device.Node, device.Disk);
            return DeviceExamination.Of(device, BlockDeviceScan.BlockSize(device.Disk), hasPartitions, (offset, length) =>
            {
                var bytes = new byte[length];
                return bytes[..node.Read(bytes, offset)];
            });
        }
        catch (SyscallException) { return null; }
    }

    /// <summary>Entries of the disk's partition table: GPT, its backup, or MBR; empty: it has none.</summary>
    /// <param name="disk">The whole disk, or an image of one.</param>
    /// <param name="blockSize">Bytes of a logical block: 512 or 4096.</param>
    /// <param name="sizeBytes">Size of the disk.</param>
    public static ImmutableArray<PartitionEntry> Partitions(FileHandle disk, int blockSize, long sizeBytes) =>
        Partitions((buffer, offset) => Syscall.PRead(disk, buffer, offset), blockSize, sizeBytes);

    /// <inheritdoc cref="Partitions(FileHandle, int, long)"/>
    internal static ImmutableArray<PartitionEntry> Partitions(ReadAt disk, int blockSize, long sizeBytes)
    {
        var start = new byte[blockSize * 2];
        if (disk(start, 0) < start.Length) return [];
        if (Gpt.ReadMbr(start) is { IsEmpty: false } mbr) return mbr;
        var header = Gpt.ReadHeader(start.AsSpan(blockSize));
        if (header is null)
        {
            var last = new byte[blockSize];
            if (disk(last, sizeBytes - blockSize) < blockSize) return [];
            header = Gpt.ReadHeader(last);
        }
        if (header is not { } table) return [];
        var entries = new byte[table.Length];
        var read = disk(entries, table.Lba * blockSize);
        return Gpt.ReadEntries(entries.AsSpan(0, read), table);
    }
}
