using System.IO.Compression;
using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>A gzip member at the start of a file that continues after it (RFC 1952).</summary>
internal static class GzipMember
{
    private const int FixedHeader = 10, Flags = 3, Trailer = 8;
    private const int HeaderChecksum = 2, ExtraField = 4, Name = 8, Comment = 16;

    /// <returns>The content, and the length of the member.</returns>
    /// <exception cref="InvalidDataException">The member is damaged or cut.</exception>
    internal static (byte[] Content, int Length) Unpack(ReadOnlyMemory<byte> file, ReadLimit limit)
    {
        var header = HeaderLength(file.Span);
        var input = new CountedInput(file[header..]);
        using (var deflate = new DeflateStream(input, CompressionMode.Decompress))
        {
            BoundedStream.ReadAll(deflate, limit);
        }

        var length = header + input.Taken + Trailer;
        if (length > file.Length) throw new InvalidDataException("its gzip member is cut");
        // This one checks the trailer, and would go on to a member after it.
        using var member = new GZipStream(new MemoryStream(file[..length].ToArray()), CompressionMode.Decompress);
        return (BoundedStream.ReadAll(member, limit), length);
    }

    private static int HeaderLength(ReadOnlySpan<byte> file)
    {
        if (file.Length < FixedHeader) throw Cut();
        int flags = file[Flags], at = FixedHeader;
        if ((flags & ExtraField) != 0)
        {
            if (at + 2 > file.Length) throw Cut();
            at += 2 + (file[at] | file[at + 1] << 8);
        }

        if ((flags & Name) != 0) at = AfterText(file, at);
        if ((flags & Comment) != 0) at = AfterText(file, at);
        if ((flags & HeaderChecksum) != 0) at += 2;
        return at <= file.Length ? at : throw Cut();
    }

    private static int AfterText(ReadOnlySpan<byte> file, int at)
    {
        var end = at < file.Length ? file[at..].IndexOf((byte)0) : -1;
        return end < 0 ? throw Cut() : at + end + 1;
    }

    private static InvalidDataException Cut() => new("its gzip header is cut");

    // The decompressor stops at the end of its data. It takes no byte too many because it gets one at a time.
    private sealed class CountedInput(ReadOnlyMemory<byte> content) : ReadStream
    {
        internal int Taken { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            if (buffer.IsEmpty || Taken == content.Length) return 0;
            buffer[0] = content.Span[Taken++];
            return 1;
        }
    }
}
