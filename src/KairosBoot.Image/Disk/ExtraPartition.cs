namespace KairosBoot.Image;

/// <summary>An additional partition for the operator's data, before COS_PERSISTENT.</summary>
/// <param name="Name">GPT name, and label of its file system.</param>
/// <param name="SizeBytes">Rounded up to whole MiB.</param>
/// <param name="FileSystem"><c>ext2</c>, <c>ext3</c>, <c>ext4</c>, or <c>none</c>.</param>
public sealed record ExtraPartition(string Name, long SizeBytes, string FileSystem = ExtraPartition.DefaultFileSystem)
{
    public const string DefaultFileSystem = "ext4";
}
