using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The dialects of header blocks. They differ in the fields after <c>magic</c>.</summary>
internal enum TarFormat { V7, Ustar, OldGnu }

/// <summary>
/// A header block whose checksum is correct. The fields are read on demand, because some types do not use all of them.
/// Layout: pax(1), "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
/// </summary>
internal sealed class TarHeader
{
    internal const int BlockSize = 512;

    private const int NameLength = 100, LinkNameAt = 157, MagicAt = 257, PrefixAt = 345, PrefixLength = 155;
    private const int ChecksumAt = 148, NumberLength = 8, LongNumberLength = 12;
    private const uint NoId = uint.MaxValue; // chown(2): "do not change"
    private const int MaxMajor = 0xFFF, MaxMinor = 0xFFFFF; // the kernel's dev_t

    private readonly byte[] block;

    private TarHeader(byte[] block) => this.block = block;

    /// <summary>Checks a block. Null: a block of zeros, which ends the archive.</summary>
    /// <exception cref="TarProblem">The checksum is wrong.</exception>
    internal static TarHeader? Parse(ReadOnlySpan<byte> block)
    {
        if (!block.ContainsAnyExcept((byte)0)) return null;
        int unsigned = 0, signed = 0; // some old programs add signed bytes
        for (var i = 0; i < BlockSize; i++)
        {
            var octet = i is >= ChecksumAt and < ChecksumAt + NumberLength ? (byte)' ' : block[i];
            unsigned += octet;
            signed += (sbyte)octet;
        }

        var recorded = TarNumber.Parse(block.Slice(ChecksumAt, NumberLength), "chksum", long.MinValue, long.MaxValue);
        return recorded == unsigned || recorded == signed ? new TarHeader(block.ToArray())
            : throw TarProblem.Damage("the checksum of a header is wrong");
    }

    internal char Type => (char)block[156];

    internal TarFormat Format => block.AsSpan(MagicAt) switch
    {
        [(byte)'u', (byte)'s', (byte)'t', (byte)'a', (byte)'r', 0, ..] => TarFormat.Ustar,
        [(byte)'u', (byte)'s', (byte)'t', (byte)'a', (byte)'r', (byte)' ', (byte)' ', 0, ..] => TarFormat.OldGnu,
        _ => TarFormat.V7,
    };

    internal string Name
    {
        get
        {
            var name = Text(0, NameLength);
            return Format == TarFormat.Ustar && block[PrefixAt] != 0 ? $"{Text(PrefixAt, PrefixLength)}/{name}" : name;
        }
    }

    internal string LinkName => Text(LinkNameAt, NameLength);

    internal int Mode => (int)(Number(100, NumberLength, "mode", 0, long.MaxValue) & Octal.O7777);

    internal uint Uid => Id(108, "uid");

    internal uint Gid => Id(116, "gid");

    internal long Size => Number(124, LongNumberLength, "size", 0, MaxSize);

    /// <summary>Seconds since 1970.</summary>
    internal long Seconds => Number(136, LongNumberLength, "mtime", TarTime.MinSeconds, TarTime.MaxSeconds);

    internal int Major => Format == TarFormat.V7 ? 0 : (int)Number(329, NumberLength, "devmajor", 0, MaxMajor);

    internal int Minor => Format == TarFormat.V7 ? 0 : (int)Number(337, NumberLength, "devminor", 0, MaxMinor);

    /// <summary>Sizes above this cannot be padded to full blocks.</summary>
    internal static long MaxSize => long.MaxValue - BlockSize;

    /// <summary>Bytes of whole blocks for some content.</summary>
    internal static long Padded(long size) => (size + BlockSize - 1) / BlockSize * BlockSize;

    /// <summary>A part of the block for the fields that only one type has.</summary>
    internal ReadOnlySpan<byte> Part(int offset, int length) => block.AsSpan(offset, length);

    private uint Id(int offset, string name) => (uint)Number(offset, NumberLength, name, 0, NoId - 1);

    private long Number(int offset, int length, string name, long min, long max) =>
        TarNumber.Parse(block.AsSpan(offset, length), name, min, max);

    // Up to the first NUL; a field that is full has none.
    private string Text(int offset, int length)
    {
        var field = block.AsSpan(offset, length);
        var end = field.IndexOf((byte)0);
        return FileName.Decode(end < 0 ? field : field[..end]);
    }
}
