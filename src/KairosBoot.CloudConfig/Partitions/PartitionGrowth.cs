using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// Grows the last partition of a disk: in the table, then in the kernel, then its file system. Each step is done only if it is needed, so the
/// next boot continues after a power cut.
/// </summary>
internal static class PartitionGrowth
{
    /// <param name="diskName">Kernel name of the disk.</param>
    /// <param name="disk">Its partition table.</param>
    /// <param name="number">Partition number; 0: the last one.</param>
    /// <param name="sizeBytes">Wanted size; 0: all free space.</param>
    /// <param name="line">Line in the file.</param>
    /// <param name="run">Gets problems and changes.</param>
    /// <exception cref="OperatorException">The partition cannot grow.</exception>
    internal static void Grow(string diskName, PartitionedDisk disk, int number, long sizeBytes, int line, EntryRun run)
    {
        var table = disk.Read();
        var partition = Find(table, number) ?? throw new OperatorException($"{disk.Node} has no partition to grow", "add one with add_partitions");
        var end = table.GrownEnd(partition, sizeBytes);
        long before = (partition.Last - partition.First + 1) * table.BlockSize, length = (end - partition.First + 1) * table.BlockSize;
        if (sizeBytes > 0 && sizeBytes < before)
            run.Warn(line, "layout.expand_partition", $"{partition} already has {ByteSize.Text(before)}; partitions are not shrunk");
        var name = BlockDeviceScan.Partition(diskName, partition.Number)
            ?? throw new OperatorException($"the kernel does not have {partition} of {disk.Node}", "reboot");
        var node = "/dev/" + name;
        var type = DriverOf(node, BlockDeviceScan.One(name)?.Superblock, grows: end > partition.Last);

        if (end > partition.Last || table.IsHalfWritten) disk.Write(table.WithEnd(partition, end));
        if (BlockDeviceScan.SizeBytes(name) < length)
        {
            using var handle = Syscall.Open(disk.Node, OpenFlags.ReadOnly);
            KernelPartitions.Resize(handle, partition.Number, partition.First * table.BlockSize, length);
            run.ReportDisk($"{disk.Node}: {partition} now has {ByteSize.Text(length)}");
        }
        if (type is not null) GrowFileSystem(node, type, length, run);
    }

    private static TablePartition? Find(PartitionTable table, int number)
    {
        if (number == 0) return table.Last;
        foreach (var partition in table.Partitions)
            if (partition.Number == number) return partition;
        return null;
    }

    /// <summary>The file system type if it can grow; null: it cannot, and need not.</summary>
    private static string? DriverOf(string node, Superblock? superblock, bool grows)
    {
        if (superblock is not null && FileSystemGrowth.IsKnown(superblock.MountType)) return superblock.MountType;
        if (!grows) return null;
        throw new OperatorException(superblock is null ? $"{node} has no known file system" : $"{node} has the file system {superblock.Type}, which cannot grow while mounted",
            "use ext2, ext3, ext4, xfs or btrfs; nothing was changed");
    }

    private static void GrowFileSystem(string node, string type, long length, EntryRun run)
    {
        var growth = FileSystemResize.Look(node, type, length);
        if (growth.IsDone) return;
        var grow = $"the {type} on {node} could not grow from {ByteSize.Text(growth.SizeBytes)} to {ByteSize.Text(growth.MaxBytes)}";
        // The superblock of a mounted file system is out of date on the disk. Its driver refuses to grow it after errors.
        if (!IsMounted(node) && BlockDeviceScan.One(node[5..])?.Superblock?.NeedsCheck is { } damage)
            throw new OperatorException($"{grow}: it {damage}", "check the file system and reboot");
        run.LoadFileSystem(type);
        try { FileSystemResize.Grow(node, type, growth); }
        catch (SyscallException e) { throw new OperatorException($"{grow}: {e.Message}", "reboot to try again"); }
        run.ReportDisk($"the {type} on {node} has grown from {ByteSize.Text(growth.SizeBytes)} to {ByteSize.Text(growth.MaxBytes)}");
    }

    private static bool IsMounted(string node)
    {
        foreach (var mount in MountTable.Read())
            if (mount.Source == node) return true;
        return false;
    }
}
