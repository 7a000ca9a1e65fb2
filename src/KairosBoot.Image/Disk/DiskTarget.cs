using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>What a disk is written to: a new file, all zeros, or a device with whatever was on it.</summary>
/// <param name="path">The file or the device's node.</param>
/// <param name="sizeBytes">Of all of it.</param>
/// <param name="blockSize">Bytes of a logical block.</param>
/// <param name="isBlank">Whether all of it is zeros.</param>
internal sealed class DiskTarget(string path, long sizeBytes, int blockSize, bool isBlank) : IDisposable
{
    private const int ClearedAtOnce = 1 << 20;

    private readonly FileHandle file = Syscall.Open(path, OpenFlags.ReadWrite);

    internal string Path => path;

    internal long SizeBytes => sizeBytes;

    internal int BlockSize => blockSize;

    internal bool IsBlank => isBlank;

    internal void Write(long offset, ReadOnlySpan<byte> bytes) => Syscall.PWriteAll(file, bytes, offset);

    /// <summary>Nothing of what was there is found any more: superblocks, labels and tables stand in the first and the last MiB of a disk or partition.</summary>
    internal void ClearEnds(long offset, long length)
    {
        if (isBlank) return;
        var zeros = new byte[Math.Min(ClearedAtOnce, length)];
        Write(offset, zeros);
        Write(offset + length - zeros.Length, zeros);
    }

    /// <summary>Waits until what was written is on the disk, by whichever program.</summary>
    internal void Flush() => Syscall.FSync(file);

    public void Dispose() => file.Dispose();
}
