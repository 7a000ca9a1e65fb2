using System.Buffers.Binary;

namespace KairosBoot.CloudConfig;

/// <summary>
/// Unpacks gzip (RFC 1952) with DEFLATE (RFC 1951). The implementation of the runtime would link zlib, brotli and zstd into PID 1, for a
/// few kilobytes of content.
/// </summary>
internal sealed class Inflate
{
    internal const int MaxOutput = 64 * 1024 * 1024;
    private const int MaxBits = 15;

    private static ReadOnlySpan<ushort> LengthBase =>
        [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
    private static ReadOnlySpan<byte> LengthExtra =>
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
    private static ReadOnlySpan<ushort> DistanceBase =>
        [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289,
            16385, 24577];
    private static ReadOnlySpan<byte> DistanceExtra =>
        [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
    private static ReadOnlySpan<byte> CodeLengthOrder => [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    private readonly byte[] input;
    private int position, bitBuffer, bitCount;
    private byte[] output;
    // memberStart: where the output of the current member starts.
    private int length, memberStart;

    private Inflate(byte[] input) => (this.input, output) = (input, new byte[ExpectedLength(input)]);

    /// <summary>A file of one member ends with the length of its output. Another length costs a copy.</summary>
    private static int ExpectedLength(byte[] input)
    {
        const int MaxRatio = 1032;
        var stated = input.Length < 8 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(input.AsSpan()[^4..]);
        return (int)Math.Clamp(stated, 4096, Math.Clamp(input.LongLength * MaxRatio, 4096, MaxOutput));
    }

    /// <summary>
    /// Unpacks all members of a gzip file, one after another. Bytes after them are ignored, as gzip(1) does. Throws
    /// <see cref="FormatException"/> for other or damaged data.
    /// </summary>
    /// <param name="gzip">The file.</param>
    /// <param name="warn">Gets the finding that bytes follow, except zeros that fill a block.</param>
    internal static byte[] GUnzip(byte[] gzip, Action<string> warn)
    {
        var inflate = new Inflate(gzip);
        do inflate.Member();
        while (inflate.AtMember());
        var rest = gzip.AsSpan(inflate.position);
        if (rest.TrimEnd((byte)0).Length > 0) warn($"gzip: {rest.Length.ToString()} bytes after the end of the compressed data; ignored");
        return inflate.length == inflate.output.Length ? inflate.output : inflate.output[..inflate.length];
    }

    private bool AtMember() => input.AsSpan(position) is [0x1F, 0x8B, 8, ..];

    private void Member()
    {
        SkipHeader();
        bitBuffer = bitCount = 0;
        memberStart = length;
        while (!Block()) { }
        CheckSum();
    }

    private void SkipHeader()
    {
        const int FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16;
        if (!AtMember()) throw new FormatException("not gzip");
        if (input.Length - position < 18) throw new FormatException("gzip: ends too early");
        var flags = input[position + 3];
        position += 10;
        if ((flags & FEXTRA) != 0) position += NextByte() | NextByte() << 8;
        if ((flags & FNAME) != 0) while (NextByte() != 0) { }
        if ((flags & FCOMMENT) != 0) while (NextByte() != 0) { }
        if ((flags & FHCRC) != 0) position += 2;
    }

    private void CheckSum()
    {
        var unpacked = output.AsSpan(memberStart, length - memberStart);
        if (position + 8 > input.Length || BinaryPrimitives.ReadUInt32LittleEndian(input.AsSpan(position)) != Crc32(unpacked))
            throw new FormatException("gzip: checksum is wrong");
        position += 8;
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }

    private int NextByte() => position < input.Length ? input[position++] : throw new FormatException("gzip: ends too early");

    private int Bits(int count)
    {
        while (bitCount < count)
        {
            bitBuffer |= NextByte() << bitCount;
            bitCount += 8;
        }
        var bits = bitBuffer & ((1 << count) - 1);
        bitBuffer >>= count;
        bitCount -= count;
        return bits;
    }

    /// <summary>True after the last block.</summary>
    private bool Block()
    {
        var last = Bits(1) == 1;
        switch (Bits(2))
        {
            case 0: Stored(); break;
            case 1: Compressed(Fixed(), new Codes(Filled(30, 5))); break;
            case 2: Dynamic(); break;
            default: throw new FormatException("gzip: unknown block type");
        }
        return last;
    }

    private void Stored()
    {
        bitBuffer = bitCount = 0;
        var size = NextByte() | NextByte() << 8;
        if ((NextByte() | NextByte() << 8) != (size ^ 0xFFFF)) throw new FormatException("gzip: damaged block length");
        for (; size > 0; size--) Put((byte)NextByte());
    }

    private static byte[] Filled(int count, byte value)
    {
        var lengths = new byte[count];
        Array.Fill(lengths, value);
        return lengths;
    }

    private static Codes Fixed()
    {
        var lengths = Filled(288, 8);
        Array.Fill(lengths, (byte)9, 144, 112);
        Array.Fill(lengths, (byte)7, 256, 24);
        return new Codes(lengths);
    }

    private void Dynamic()
    {
        int literals = Bits(5) + 257, distances = Bits(5) + 1, codeLengths = Bits(4) + 4;
        var lengths = new byte[19];
        for (var i = 0; i < codeLengths; i++) lengths[CodeLengthOrder[i]] = (byte)Bits(3);
        var codes = new Codes(lengths);
        lengths = new byte[literals + distances];
        for (var i = 0; i < lengths.Length;)
        {
            var symbol = Symbol(codes);
            if (symbol < 16)
            {
                lengths[i++] = (byte)symbol;
                continue;
            }
            if (symbol == 16 && i == 0) throw new FormatException("gzip: damaged code lengths");
            var value = symbol == 16 ? lengths[i - 1] : (byte)0;
            var repeat = symbol switch { 16 => 3 + Bits(2), 17 => 3 + Bits(3), _ => 11 + Bits(7) };
            if (i + repeat > lengths.Length) throw new FormatException("gzip: damaged code lengths");
            for (; repeat > 0; repeat--) lengths[i++] = value;
        }
        Compressed(new Codes(lengths[..literals]), new Codes(lengths[literals..]));
    }

    private void Compressed(Codes literals, Codes distances)
    {
        const int EndOfBlock = 256;
        for (var symbol = Symbol(literals); symbol != EndOfBlock; symbol = Symbol(literals))
        {
            if (symbol < EndOfBlock)
            {
                Put((byte)symbol);
                continue;
            }
            if (symbol - 257 >= LengthBase.Length) throw new FormatException("gzip: unknown length");
            var count = LengthBase[symbol - 257] + Bits(LengthExtra[symbol - 257]);
            var code = Symbol(distances);
            if (code >= DistanceBase.Length) throw new FormatException("gzip: unknown distance");
            var distance = DistanceBase[code] + Bits(DistanceExtra[code]);
            if (distance > length - memberStart) throw new FormatException("gzip: points before its start");
            for (; count > 0; count--) Put(output[length - distance]);
        }
    }

    private void Put(byte value)
    {
        if (length == MaxOutput) throw new FormatException($"gzip: more than {MaxOutput >> 20} MiB");
        if (length == output.Length) Array.Resize(ref output, Math.Min(length * 2, MaxOutput));
        output[length++] = value;
    }

    private int Symbol(Codes codes)
    {
        int code = 0, first = 0, index = 0;
        for (var bits = 1; bits <= MaxBits; bits++)
        {
            code |= Bits(1);
            var count = codes.Counts[bits];
            if (code - count < first) return codes.Symbols[index + code - first];
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        throw new FormatException("gzip: unknown code");
    }

    /// <summary>A canonical Huffman code: how many codes of each length, and the symbols in code order.</summary>
    private sealed class Codes
    {
        internal readonly int[] Counts = new int[MaxBits + 1];
        internal readonly int[] Symbols;

        internal Codes(ReadOnlySpan<byte> lengths)
        {
            foreach (var bits in lengths) Counts[bits]++;
            Counts[0] = 0;
            Span<int> offsets = stackalloc int[MaxBits + 2];
            offsets.Clear();
            for (var bits = 1; bits <= MaxBits; bits++) offsets[bits + 1] = offsets[bits] + Counts[bits];
            Symbols = new int[lengths.Length];
            for (var symbol = 0; symbol < lengths.Length; symbol++)
                if (lengths[symbol] != 0) Symbols[offsets[lengths[symbol]]++] = symbol;
        }
    }
}
