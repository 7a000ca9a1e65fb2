using System.Buffers.Binary;
using K4os.Compression.LZ4;
using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>
/// LZ4's legacy format, the only one that kernels unpack (lib/decompress_unlz4.c, and "Legacy frame" of lz4_Frame_format.md): a magic
/// number, then blocks with their sizes. It has no checksum.
/// </summary>
internal static class Lz4Archive
{
    private const uint Magic = 0x184C2102;
    private const int BlockBytes = 8 << 20, Word = sizeof(uint);

    // Two percent larger than the highest level, in a tenth of its time.
    private const LZ4Level Level = LZ4Level.L09_HC;

    internal static bool StartsAt(ReadOnlySpan<byte> file) =>
        file.Length >= Word && BinaryPrimitives.ReadUInt32LittleEndian(file) == Magic;

    /// <summary>
    /// Compresses an archive. Four zeros at least follow: kernels since 5.14 end the archive there, and read what is appended. Older ones,
    /// without that fix, unpack the archive and then report an error.
    /// </summary>
    /// <param name="content">The archive.</param>
    /// <param name="multiple">The length of the result is divisible by it.</param>
    internal static byte[] Compress(ReadOnlySpan<byte> content, int multiple)
    {
        using var file = new MemoryStream();
        var word = new byte[Word];
        void WriteWord(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(word, value);
            file.Write(word);
        }

        WriteWord(Magic);
        var block = new byte[LZ4Codec.MaximumOutputSize(BlockBytes)];
        for (var rest = content; !rest.IsEmpty; rest = rest[Math.Min(BlockBytes, rest.Length)..])
        {
            var length = LZ4Codec.Encode(rest[..Math.Min(BlockBytes, rest.Length)], block, Level);
            WriteWord((uint)length);
            file.Write(block, 0, length);
        }

        WriteWord(0);
        while (file.Length % multiple != 0) file.WriteByte(0);
        return file.ToArray();
    }

    /// <summary>Unpacks the archive at the start of a file.</summary>
    /// <param name="file">The rest of the file from the magic number on.</param>
    /// <param name="limit">Of the unpacked size.</param>
    /// <returns>The content, and the length of the archive without the zeros that end it.</returns>
    /// <exception cref="InvalidDataException">The archive is damaged or cut.</exception>
    internal static (ReadOnlyMemory<byte> Content, int Length) Unpack(ReadOnlySpan<byte> file, ReadLimit limit)
    {
        var (blocks, length) = Blocks(file);
        // Room for the largest blocks, so that nothing is copied. Pages that are not written take no memory.
        var content = GC.AllocateUninitializedArray<byte>((int)Math.Min((long)blocks.Count * BlockBytes, limit.Bytes + BlockBytes));
        var done = 0;
        foreach (var block in blocks)
        {
            var unpacked = LZ4Codec.Decode(file[block], content.AsSpan(done, Math.Min(BlockBytes, content.Length - done)));
            if (unpacked <= 0) throw new InvalidDataException("its lz4 archive is damaged");
            done += unpacked;
            if (done > limit.Bytes)
                throw new InvalidDataException($"it unpacks to more than {limit.Bytes} bytes, the limit for {limit.What}");
        }

        return (content.AsMemory(0, done), length);
    }

    private static (List<Range> Blocks, int Length) Blocks(ReadOnlySpan<byte> file)
    {
        var blocks = new List<Range>();
        var at = Word;
        while (at + Word <= file.Length)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(file[at..]);
            if (length == 0) break;
            at += Word;
            if (length == Magic) continue; // two archives in a row
            if (length > file.Length - at) throw new InvalidDataException("its lz4 archive is cut");
            blocks.Add(new(at, at + (int)length));
            at += (int)length;
        }

        return (blocks, at);
    }
}
