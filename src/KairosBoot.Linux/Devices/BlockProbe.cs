using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>Reads what <see cref="SuperblockProbe"/> and <see cref="Gpt"/> need from devices and image files.</summary>
public static class BlockProbe
{
    /// <summary>Null: no known format. Throws if the device cannot be read.</summary>
    public static Superblock? Superblock(FileHandle device)
    {
        foreach (var (offset, length) in SuperblockProbe.Windows)
        {
            var window = new byte[length];
            var read = Syscall.PRead(device, window, offset);
            if (SuperblockProbe.Probe(offset, window.AsSpan(0, read)) is { } found) return found.AsOf(Syscall.UnixTimeSeconds());
            if (read < length) break;
        }
        return null;
    }

    /// <summary>Entries of the disk's partition table: GPT, its backup, or MBR; empty: it has none.</summary>
    /// <param name="disk">The whole disk.</param>
    /// <param name="blockSize">Bytes of a logical block: 512 or 4096.</param>
    /// <param name="sizeBytes">Size of the disk.</param>
    public static ImmutableArray<PartitionEntry> Partitions(FileHandle disk, int blockSize, long sizeBytes)
    {
        var start = new byte[blockSize * 2];
        if (Syscall.PRead(disk, start, 0) < start.Length) return [];
        if (Gpt.ReadMbr(start) is { IsEmpty: false } mbr) return mbr;
        var header = Gpt.ReadHeader(start.AsSpan(blockSize));
        if (header is null)
        {
            var last = new byte[blockSize];
            if (Syscall.PRead(disk, last, sizeBytes - blockSize) < blockSize) return [];
            header = Gpt.ReadHeader(last);
        }
        if (header is not { } table) return [];
        var entries = new byte[table.Length];
        var read = Syscall.PRead(disk, entries, table.Lba * blockSize);
        return Gpt.ReadEntries(entries.AsSpan(0, read), table);
    }
}
