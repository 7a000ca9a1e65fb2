namespace KairosBoot.Image;

/// <summary>One partition of the disk.</summary>
/// <param name="Number">In the GPT, from 1.</param>
/// <param name="Name">GPT name, and label of its file system.</param>
/// <param name="TypeCode">sgdisk's code.</param>
/// <param name="Start">First byte on the disk.</param>
/// <param name="Size">Bytes.</param>
public sealed record DiskPartition(int Number, string Name, string TypeCode, long Start, long Size);
