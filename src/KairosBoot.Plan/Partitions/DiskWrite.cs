namespace KairosBoot.Plan;

/// <summary>One change to a disk. What follows it must not reach the disk before it does.</summary>
/// <param name="offset">Bytes from the start of the disk, at a block.</param>
/// <param name="bytes">Whole blocks.</param>
public sealed class DiskWrite(long offset, byte[] bytes)
{
    public long Offset => offset;
    public ReadOnlySpan<byte> Bytes => bytes;
}
