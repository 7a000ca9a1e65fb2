using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The last partition of a disk and its file system, grown: in the table, in the kernel, in the file system, each only where it is smaller than
/// the one before says. So what a power cut interrupts the next boot takes up where it stopped.
/// </summary>
internal static class PartitionGrowth
{
    /// <param name="diskName">The kernel's name of the disk.</param>
    /// <param name="disk">Its table.</param>
    /// <param name="number">Of the partition; 0: the last one.</param>
    /// <param name="sizeBytes">What it should have; 0: all there is.</param>
    /// <param name="line">Where in the file.</param>
    /// <param name="run">Hears what was done.</param>
    /// <exception cref="OperatorException">It cannot grow.</exception>
    internal static void Grow(string diskName, PartitionedDisk disk, int number, long sizeBytes, int line, EntryRun run)
    {
        var table = disk.Read();
        var partition = Find(table, number) ?? throw new OperatorException($"{disk.Node} has no partition that could grow", "add one: add_partitions");
        var end = table.GrownEnd(partition, sizeBytes);
        long before = (partition.Last - partition.First + 1) * table.BlockSize, length = (end - partition.First + 1) * table.BlockSize;
        if (sizeBytes > 0 && sizeBytes < before)
            run.Warn(line, "layout.expand_partition", $"{partition} has {ByteSize.Text(before)} already; it is not made smaller");
        var name = BlockDeviceScan.Partition(diskName, partition.Number)
            ?? throw new OperatorException($"the kernel does not have {partition} of {disk.Node}", "boot again");
        var node = "/dev/" + name;
        var type = DriverOf(node, BlockDeviceScan.One(name)?.Superblock, grows: end > partition.Last);

        if (end > partition.Last || table.IsHalfWritten) disk.Write(table.WithEnd(partition, end));
        if (BlockDeviceScan.SizeBytes(name) < length)
        {
            using var handle = Syscall.Open(disk.Node, OpenFlags.ReadOnly);
            KernelPartitions.Resize(handle, partition.Number, partition.First * table.BlockSize, length);
            run.ReportDisk($"{disk.Node}: {partition} has {ByteSize.Text(length)} now");
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

    /// <summary>The driver that can grow the file system; null: none can, and nothing has to grow.</summary>
    private static string? DriverOf(string node, Superblock? superblock, bool grows)
    {
        if (superblock is not null && FileSystemGrowth.IsKnown(superblock.MountType)) return superblock.MountType;
        if (!grows) return null;
        throw new OperatorException(superblock is null ? $"{node} holds no file system that is known here" : $"{node} holds {superblock.Type}, which cannot grow while it is in use",
            "only ext2, ext3, ext4, xfs and btrfs can; nothing was changed");
    }

    private static void GrowFileSystem(string node, string type, long length, EntryRun run)
    {
        var growth = FileSystemResize.Look(node, type, length);
        if (growth.IsDone) return;
        var grow = $"the {type} on {node} could not grow from {ByteSize.Text(growth.SizeBytes)} to {ByteSize.Text(growth.MaxBytes)}";
        // A file system in use is never what it says about itself on the disk; its driver refuses where it has found errors.
        if (!IsMounted(node) && BlockDeviceScan.One(node[5..])?.Superblock?.NeedsCheck is { } damage)
            throw new OperatorException($"{grow}: it {damage}", "check it; the boot after the check grows it");
        run.LoadFileSystem(type);
        try { FileSystemResize.Grow(node, type, growth); }
        catch (SyscallException e) { throw new OperatorException($"{grow}: {e.Message}", "the next boot tries again"); }
        run.ReportDisk($"the {type} on {node} has grown from {ByteSize.Text(growth.SizeBytes)} to {ByteSize.Text(growth.MaxBytes)}");
    }

    private static bool IsMounted(string node)
    {
        foreach (var mount in MountTable.Read())
            if (mount.Source == node) return true;
        return false;
    }
}
