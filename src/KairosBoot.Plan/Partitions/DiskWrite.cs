namespace KairosBoot.Plan;

/// <summary>One write to a disk. It must be on the disk before the next one starts.</summary>
/// <param name="offset">Bytes from the start of the disk, a multiple of the block size.</param>
/// <param name="bytes">Whole blocks.</param>
public sealed class DiskWrite(long offset, byte[] bytes)
{
    public long Offset => offset;
    public ReadOnlySpan<byte> Bytes => bytes;
}
