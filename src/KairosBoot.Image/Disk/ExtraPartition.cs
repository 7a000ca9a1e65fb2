namespace KairosBoot.Image;

/// <summary>An additional partition for the operator's data, before COS_PERSISTENT.</summary>
/// <param name="Label">Label of its file system.</param>
/// <param name="SizeBytes">Rounded up to whole MiB; 0: the rest of the disk.</param>
/// <param name="FileSystem"><c>ext2</c>, <c>ext3</c>, <c>ext4</c>, <c>xfs</c>, <c>vfat</c>, or <c>none</c>.</param>
public sealed record ExtraPartition(string Label, long SizeBytes, string FileSystem = ExtraPartition.DefaultFileSystem)
{
    public const string DefaultFileSystem = "ext4";

    /// <summary>GPT name (PARTLABEL).</summary>
    public string Name { get; init; } = Label;
}
