using System.Buffers.Binary;

namespace KairosBoot.Image;

/// <summary>The extent of a zstd frame, for a file that continues after it (RFC 8878, section 3.1.1).</summary>
public static class ZstdFrame
{
    private const uint Magic = 0xFD2FB528;
    private const int RunLength = 1, ChecksumBytes = 4, BlockHeader = 3;

    public static bool StartsAt(ReadOnlySpan<byte> file) =>
        file.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(file) == Magic;

    /// <summary>Length of the frame in bytes.</summary>
    /// <exception cref="InvalidDataException">The file ends before the frame does.</exception>
    public static int Length(ReadOnlySpan<byte> file)
    {
        if (file.Length < 6) throw Cut();
        var at = HeaderLength(file);
        for (var isLast = false; !isLast;)
        {
            if (at > file.Length - BlockHeader) throw Cut();
            var header = file[at] | file[at + 1] << 8 | file[at + 2] << 16;
            isLast = (header & 1) != 0;
            at += BlockHeader + ((header >> 1 & 3) == RunLength ? 1 : header >> 3);
        }

        at += (file[4] & 4) != 0 ? ChecksumBytes : 0;
        return at <= file.Length ? at : throw Cut();
    }

    /// <summary>
    /// Makes the length of a frame a multiple, with raw blocks of no bytes: nothing follows the frame, which some readers would refuse.
    /// </summary>
    /// <param name="frame">The whole frame.</param>
    /// <param name="multiple">Not divisible by three, the length of an empty block.</param>
    public static byte[] Pad(byte[] frame, int multiple)
    {
        var empty = 0;
        while ((frame.Length + empty) % multiple != 0) empty += BlockHeader;
        var header = HeaderLength(frame);
        return [.. frame[..header], .. new byte[empty], .. frame[header..]];
    }

    private static int HeaderLength(ReadOnlySpan<byte> file)
    {
        var descriptor = file[4];
        var hasSingleSegment = (descriptor & 0x20) != 0;
        var contentSize = (descriptor >> 6) switch { 0 => hasSingleSegment ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        var dictionary = (descriptor & 3) switch { 3 => 4, var bytes => bytes };
        return 5 + (hasSingleSegment ? 0 : 1) + dictionary + contentSize;
    }

    private static InvalidDataException Cut() => new("its zstd frame is cut");
}
