using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>One partition of the disk.</summary>
/// <param name="Number">In the GPT, from 1.</param>
/// <param name="Name">GPT name.</param>
/// <param name="Type">Partition type in the GPT.</param>
/// <param name="FileSystem"><c>vfat</c>, <c>ext2</c>, <c>ext3</c>, <c>ext4</c>, <c>xfs</c>, or <c>none</c>.</param>
/// <param name="Start">First byte on the disk.</param>
/// <param name="Size">Bytes.</param>
public sealed record DiskPartition(int Number, string Name, PartitionType Type, string FileSystem, long Start, long Size)
{
    /// <summary>Label of its file system.</summary>
    public string Label { get; init; } = Name;
}
