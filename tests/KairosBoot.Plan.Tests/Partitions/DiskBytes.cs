namespace KairosBoot.Plan.Tests;

/// <summary>A disk as bytes, with or without a partition table.</summary>
internal sealed class DiskBytes(int blockSize, long sizeBytes)
{
    public byte[] Bytes { get; private init; } = new byte[sizeBytes];

    public long Blocks => Bytes.Length / blockSize;

    /// <summary>A disk with these partitions in MiB, one after another from the first MiB.</summary>
    public static DiskBytes With(int blockSize, long sizeBytes, params int[] partitions)
    {
        var disk = new DiskBytes(blockSize, sizeBytes);
        var table = PartitionTable.New(blockSize, disk.Blocks, Guid.NewGuid());
        foreach (var size in partitions)
        {
            table = table.With(table.Place((long)size << 20, isLast: false, $"P{table.Partitions.Length + 1}"),
                PartitionType.For("ext4", isBootable: false), Guid.NewGuid());
        }

        ProtectiveMbr.New(blockSize, disk.Blocks).CopyTo(disk.Bytes, 0);
        disk.Apply(table.Writes(disk.Bytes.AsSpan(0, blockSize)));
        return disk;
    }

    public PartitionTable? Table() => PartitionTable.Parse(Bytes.AsSpan(blockSize, blockSize), (offset, length) =>
        Bytes.AsSpan((int)Math.Min(offset, Bytes.Length), (int)Math.Clamp(Bytes.Length - offset, 0, length)).ToArray(), Blocks);

    public DiskBytes Enlarged(long sizeBytes)
    {
        var larger = new DiskBytes(blockSize, sizeBytes);
        Bytes.CopyTo(larger.Bytes, 0);
        return larger;
    }

    public DiskBytes Copy() => Enlarged(Bytes.Length);

    public void Apply(IEnumerable<DiskWrite> writes)
    {
        foreach (var write in writes) write.Bytes.CopyTo(Bytes.AsSpan((int)write.Offset));
    }
}
