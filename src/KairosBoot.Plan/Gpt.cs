using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>One entry of a partition table.</summary>
/// <param name="Number">From 1, as the kernel counts.</param>
/// <param name="Uuid">PARTUUID in lower case.</param>
/// <param name="Name">GPT name; null on MBR disks.</param>
public sealed record PartitionEntry(int Number, string Uuid, string? Name);

/// <summary>Partition GUIDs, read from the disk: kernels before 6.10 do not show them in sysfs. Layout: UEFI specification 5.3.</summary>
public static class Gpt
{
    public const int HeaderLength = 92;

    /// <summary>The position of the entries, from a header block.</summary>
    /// <param name="Lba">First block of the entries.</param>
    /// <param name="Count">Number of entries; a header with more than 1024 is rejected.</param>
    /// <param name="EntryLength">Bytes of one entry.</param>
    public readonly record struct Header(long Lba, int Count, int EntryLength)
    {
        public int Length => Count * EntryLength;
    }

    /// <summary>Null: not a GPT header, or its checksum is wrong; then use the backup header at the end of the disk.</summary>
    public static Header? ReadHeader(ReadOnlySpan<byte> block)
    {
        if (block.Length < HeaderLength || !block.StartsWith("EFI PART"u8)) return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(block[12..]);
        if (length < HeaderLength || length > block.Length) return null;
        Span<byte> copy = stackalloc byte[512];
        if (length > copy.Length) return null;
        block[..length].CopyTo(copy);
        copy.Slice(16, 4).Clear();
        if (Crc32(copy[..length]) != BinaryPrimitives.ReadUInt32LittleEndian(block[16..])) return null;
        var count = BinaryPrimitives.ReadInt32LittleEndian(block[80..]);
        var entry = BinaryPrimitives.ReadInt32LittleEndian(block[84..]);
        if (count is < 1 or > 1024 || entry is < 128 or > 4096) return null;
        return new Header(BinaryPrimitives.ReadInt64LittleEndian(block[72..]), count, entry);
    }

    /// <summary>The last block that a partition may use, from a header block for which <see cref="ReadHeader"/> is not null.</summary>
    public static long LastUsable(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadInt64LittleEndian(block[48..]);

    /// <summary>The block of the other copy, from the same.</summary>
    public static long Alternate(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadInt64LittleEndian(block[32..]);

    /// <summary>True: the checksum of all entries is the one in the header block.</summary>
    public static bool HasIntactEntries(ReadOnlySpan<byte> block, ReadOnlySpan<byte> entries) =>
        ReadHeader(block) is { } header && entries.Length == header.Length
        && Crc32(entries) == BinaryPrimitives.ReadUInt32LittleEndian(block[88..]);

    public static ImmutableArray<PartitionEntry> ReadEntries(ReadOnlySpan<byte> entries, Header header)
    {
        var found = ImmutableArray.CreateBuilder<PartitionEntry>();
        for (var i = 0; i < header.Count && entries.Length >= (i + 1) * header.EntryLength; i++)
        {
            var entry = entries.Slice(i * header.EntryLength, header.EntryLength);
            if (entry[..16].IndexOfAnyExcept((byte)0) < 0) continue;
            var name = Encoding.Unicode.GetString(entry.Slice(56, 72));
            var end = name.IndexOf('\0');
            found.Add(new(i + 1, new Guid(entry.Slice(16, 16)).ToString(), end < 0 ? name : name[..end]));
        }
        return found.ToImmutable();
    }

    /// <summary>
    /// The PARTUUID of an MBR partition is the signature of the disk and the number. Empty: the block is not an MBR, or it only protects
    /// a GPT.
    /// </summary>
    public static ImmutableArray<PartitionEntry> ReadMbr(ReadOnlySpan<byte> block)
    {
        if (block.Length < 512 || block[510] != 0x55 || block[511] != 0xAA) return [];
        var signature = BinaryPrimitives.ReadUInt32LittleEndian(block[440..]);
        var found = ImmutableArray.CreateBuilder<PartitionEntry>();
        for (var i = 0; i < 4; i++)
        {
            var type = block[446 + i * 16 + 4];
            if (type == 0xEE) return [];
            if (type != 0) found.Add(new(i + 1, $"{signature:x8}-{i + 1:x2}", null));
        }
        return found.ToImmutable();
    }

    /// <summary>Writes the checksum of a header into it.</summary>
    public static void Seal(Span<byte> header)
    {
        header.Slice(16, 4).Clear();
        var sum = Crc32(header[..BinaryPrimitives.ReadInt32LittleEndian(header[12..])]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], sum);
    }

    /// <summary>CRC-32 as in zlib, computed bit by bit: the input is too small to justify a table.</summary>
    internal static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = ~0u;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (uint)-(int)(crc & 1));
        }
        return ~crc;
    }
}
