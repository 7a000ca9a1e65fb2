using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;
using ZstdSharp;

namespace KairosBoot.Lifecycle;

/// <summary>A finished image that can be read only once, from its start to its end: from a pipe, or compressed with zstd.</summary>
internal sealed class ImageStream : IDisposable
{
    private readonly Stream content;
    private readonly byte[] head;
    private int taken;

    private ImageStream(string path, Stream content)
    {
        (Path, this.content) = (path, content);
        var start = new byte[SuperblockProbe.Windows[0].Length];
        head = start[..Decompress(() => content.ReadAtLeast(start, start.Length, throwOnEndOfStream: false))];
        Type = SuperblockProbe.Probe(0, head)?.MountType;
    }

    internal string Path { get; }

    /// <summary>Its file system: <c>ext4</c>, <c>squashfs</c>; null: unknown.</summary>
    internal string? Type { get; }

    /// <returns>Null: the path is not a pipe, and not the name of a compressed file.</returns>
    /// <param name="path">A regular file or a pipe.</param>
    /// <param name="cancellationToken">Ends the wait for a pipe.</param>
    /// <exception cref="OperatorException">The compressed data is damaged.</exception>
    internal static ImageStream? TryOpen(string path, CancellationToken cancellationToken)
    {
        if (Syscall.TryStat(path)?.Type is not (FileType.Regular or FileType.Fifo)) return null;
        // Without O_NONBLOCK, the open of a named pipe would wait for a writer, and no signal would end it.
        var raw = new PipeStream(Syscall.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking), cancellationToken);
        try
        {
            var isCompressed = ZstdFrame.StartsAt(raw.Peek(sizeof(uint)));
            if (isCompressed) return new(path, new DecompressionStream(raw, checkEndOfStream: true, leaveOpen: false));
            if (raw.IsPipe) return new(path, raw);
            raw.Dispose();
            return null;
        }
        catch
        {
            raw.Dispose();
            throw;
        }
    }

    /// <summary>The next bytes of the image; 0: it has ended.</summary>
    /// <exception cref="OperatorException">The compressed data is damaged.</exception>
    internal int Read(byte[] buffer)
    {
        if (taken == head.Length) return Decompress(() => content.Read(buffer, 0, buffer.Length));
        var length = Math.Min(buffer.Length, head.Length - taken);
        head.AsSpan(taken, length).CopyTo(buffer);
        taken += length;
        return length;
    }

    public void Dispose() => content.Dispose();

    private int Decompress(Func<int> read)
    {
        try { return read(); }
        catch (Exception failure) when (failure is ZstdException or EndOfStreamException or InvalidDataException)
        {
            throw new OperatorException($"{Path}: the compressed data is damaged or cut: {failure.Message}",
                "copy it again and check it with zstd --test; the system is unchanged");
        }
    }
}
