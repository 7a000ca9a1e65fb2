using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Writes the partition table. The first block makes it valid for firmware and kernel, so it is written last, in one write.
/// </summary>
internal static class DiskTable
{
    /// <param name="disk">The disk.</param>
    /// <param name="layout">Its partitions.</param>
    /// <param name="seed">Seed of its GUIDs.</param>
    /// <param name="bootSector">GRUB's program for a BIOS; null: none.</param>
    internal static void Write(DiskTarget disk, DiskLayout layout, DiskSeed seed, byte[]? bootSector)
    {
        var blocks = disk.SizeBytes / disk.BlockSize;

        var table = PartitionTable.New(disk.BlockSize, blocks, seed.Disk);
        foreach (var partition in layout.Partitions)
        {
            var first = partition.Start / disk.BlockSize;
            var place = new TablePartition(partition.Number, first, first + partition.Size / disk.BlockSize - 1, partition.Name);
            table = table.With(place, partition.Type, seed.Partition(partition.Number));
        }

        foreach (var write in table.Writes([]))
        {
            disk.Write(write.Offset, write.Bytes);
            disk.Flush();
        }

        var block = ProtectiveMbr.New(disk.BlockSize, blocks);
        if (bootSector is not null)
            GrubBootSectors.MasterBootRecord(block, bootSector, layout.Bios.Start / GrubBootSectors.SectorSize).CopyTo(block, 0);
        disk.Write(0, block);
        disk.Flush();
    }
}
