using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>Reads the output of a decompressor up to a limit: a small file may unpack to any size.</summary>
internal static class BoundedStream
{
    private const int PieceSize = 1 << 20;

    /// <exception cref="InvalidDataException">The output is larger than the limit.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    internal static byte[] ReadAll(Stream stream, ReadLimit limit, CancellationToken cancellationToken = default)
    {
        using var content = new MemoryStream();
        var piece = new byte[PieceSize];
        for (int read; (read = stream.Read(piece)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (content.Length + read > limit.Bytes)
                throw new InvalidDataException($"it unpacks to more than {limit.Bytes} bytes, the limit for {limit.What}");
            content.Write(piece.AsSpan(0, read));
        }

        return content.ToArray();
    }
}
