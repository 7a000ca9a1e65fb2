using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>The target of a disk build: a new file of zeros, or a device with old content.</summary>
/// <param name="path">The file, or the node of the device.</param>
/// <param name="sizeBytes">Its size.</param>
/// <param name="blockSize">Bytes of a logical block.</param>
/// <param name="isBlank">Whether it contains only zeros.</param>
internal sealed class DiskTarget(string path, long sizeBytes, int blockSize, bool isBlank) : IDisposable
{
    private const int ClearedAtOnce = 1 << 20;

    private readonly FileHandle file = Syscall.Open(path, OpenFlags.ReadWrite);

    internal string Path => path;

    internal long SizeBytes => sizeBytes;

    internal int BlockSize => blockSize;

    internal bool IsBlank => isBlank;

    internal void Write(long offset, ReadOnlySpan<byte> bytes) => Syscall.PWriteAll(file, bytes, offset);

    /// <summary>Erases old superblocks, labels and tables: they are in the first and the last MiB of a disk or partition.</summary>
    internal void ClearEnds(long offset, long length)
    {
        if (isBlank) return;
        var zeros = new byte[Math.Min(ClearedAtOnce, length)];
        Write(offset, zeros);
        Write(offset + length - zeros.Length, zeros);
    }

    /// <summary>Waits until all writes, also those of tools, are on the disk.</summary>
    internal void Flush() => Syscall.FSync(file);

    public void Dispose() => file.Dispose();
}
