using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The partition table, and the first block that has firmware and kernel believe it: written last, in one piece.</summary>
internal static class DiskTable
{
    internal static void Write(DiskTarget disk, DiskLayout layout, ReadOnlySpan<byte> bootSector)
    {
        var blocks = disk.SizeBytes / disk.BlockSize;

        // At random: two disks alike in one machine could not be told apart.
        var table = PartitionTable.New(disk.BlockSize, blocks, RandomId());
        foreach (var partition in layout.Partitions)
        {
            var first = partition.Start / disk.BlockSize;
            var place = new TablePartition(partition.Number, first, first + partition.Size / disk.BlockSize - 1, partition.Name);
            table = table.With(place, partition.Type, RandomId());
        }

        foreach (var write in table.Writes([]))
        {
            disk.Write(write.Offset, write.Bytes);
            disk.Flush();
        }

        var block = ProtectiveMbr.New(disk.BlockSize, blocks);
        GrubBootSectors.MasterBootRecord(block, bootSector, layout.Bios.Start / GrubBootSectors.SectorSize).CopyTo(block, 0);
        disk.Write(0, block);
        disk.Flush();
    }

    // RFC 9562, version 4.
    private static Guid RandomId()
    {
        Span<byte> bytes = stackalloc byte[16];
        Syscall.GetRandom(bytes);
        bytes[6] = (byte)(bytes[6] & 0x0F | 0x40);
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
