namespace KairosBoot.Plan;

/// <summary>Bytes that a format keeps at a fixed place of a disk.</summary>
/// <param name="format">The format's usual name: blkid's, or that of the partition table.</param>
/// <param name="offset">Offset of the bytes from the start of the disk, or from <paramref name="fromEnd"/>.</param>
/// <param name="bytes">The bytes.</param>
/// <param name="fromEnd">0: the place counts from the start of the disk; else from so many bytes before its end.</param>
/// <param name="alignment">The place before the end is a multiple of so many bytes.</param>
public sealed class DiskMark(string format, long offset, byte[] bytes, long fromEnd = 0, int alignment = DiskMark.Sector)
{
    private const int Sector = 512;

    public string Format => format;

    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>Offset of the bytes on a disk of this size; negative: the disk is too small for the format.</summary>
    public long Place(long diskBytes) =>
        fromEnd == 0 ? offset + bytes.Length > diskBytes ? -1 : offset
        : diskBytes < fromEnd ? -1 : (diskBytes - fromEnd) / alignment * alignment + offset;
}
