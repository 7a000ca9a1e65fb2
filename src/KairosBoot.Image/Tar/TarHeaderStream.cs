using System.Buffers.Binary;

namespace KairosBoot.Image;

/// <summary>
/// Reads an archive for a TarReader, which fails on extended attributes that are not text. This stream reads the attributes and passes blanks instead.
/// TarReader asks for one header at a time and does not read ahead, so after it has returned an entry, the values here belong to
/// that entry. Not seekable, so that no block is skipped unread.
/// </summary>
/// <remarks>Blocks: pax(1), "ustar Interchange Format" and "pax Header Block".</remarks>
internal sealed class TarHeaderStream(Stream archive) : Stream
{
    private const int BlockSize = 512, SizeField = 124, ChecksumField = 148, TypeField = 156, SizeLength = 12, ChecksumLength = 8;

    // Much larger than all attributes of a file on Linux file systems can be; other readers have the same limit.
    private const int MaxPaxBytes = 1 << 20;

    private readonly byte[] block = new byte[BlockSize];
    private int blockLength;
    private long contentLeft; // bytes of the content after the last header, padded to a full block
    private ReadOnlyMemory<byte> paxData; // already read, to be passed on
    private PaxRecords next = PaxRecords.None;

    /// <summary>The records of the PAX header before the last header.</summary>
    internal PaxRecords Records { get; private set; } = PaxRecords.None;

    /// <summary>Checksum of the last header, to check that it belongs to an entry.</summary>
    internal long Checksum { get; private set; }

    /// <summary>Passes on a part of one header or of one content, never of both.</summary>
    public override int Read(Span<byte> buffer)
    {
        if (!paxData.IsEmpty)
        {
            var handed = Math.Min(buffer.Length, paxData.Length);
            paxData.Span[..handed].CopyTo(buffer);
            paxData = paxData[handed..];
            return handed;
        }

        var length = archive.Read(buffer[..(int)Math.Min(buffer.Length, contentLeft > 0 ? contentLeft : BlockSize - blockLength)]);
        if (contentLeft > 0)
        {
            contentLeft -= length;
            return length;
        }

        buffer[..length].CopyTo(block.AsSpan(blockLength));
        blockLength = (blockLength + length) % BlockSize;
        if (length > 0 && blockLength == 0) TakeHeader();
        return length;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    private void TakeHeader()
    {
        var size = Number(block.AsSpan(SizeField, SizeLength));
        switch (block[TypeField])
        {
            case (byte)'x':
                var data = size <= MaxPaxBytes ? new byte[size] : throw new InvalidDataException($"a PAX header has {size} bytes");
                archive.ReadExactly(data);
                next = PaxRecords.Take(data);
                paxData = data;
                contentLeft = Padded(size) - size;
                return;
            case (byte)'g' or (byte)'L' or (byte)'K':
                break; // global headers and GNU's long names have no attributes of a single member
            default:
                Records = next;
                Checksum = Number(block.AsSpan(ChecksumField, ChecksumLength));
                size = next.Size ?? size;
                next = PaxRecords.None;
                break;
        }

        contentLeft = Padded(size);
    }

    private static long Padded(long size) =>
        size <= long.MaxValue - BlockSize ? (size + BlockSize - 1) / BlockSize * BlockSize : throw new InvalidDataException("a member is too large");

    // Octal digits between spaces and NULs; or GNU's format for large numbers: binary after a first byte of 0x80.
    private static long Number(ReadOnlySpan<byte> field)
    {
        if (field[0] == 0x80)
        {
            var large = BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            return large >= 0 && !field[1..^8].ContainsAnyExcept((byte)0) ? large : throw new InvalidDataException("a number in a header is too large");
        }

        var digits = field.TrimStart((byte)' ');
        var end = digits.IndexOfAny((byte)' ', (byte)0);
        long number = 0;
        foreach (var digit in end < 0 ? digits : digits[..end])
            number = digit is >= (byte)'0' and <= (byte)'7' ? number * 8 + (digit - '0') : throw new InvalidDataException("a number in a header is damaged");
        return number;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        archive.Dispose();
        base.Dispose(disposing);
    }
}
