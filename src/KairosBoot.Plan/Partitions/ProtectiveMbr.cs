using System.Buffers.Binary;

namespace KairosBoot.Plan;

/// <summary>
/// The first block of a GPT disk: one partition over the whole disk, so that a program without GPT support sees no free space. UEFI
/// specification 5.2.3.
/// </summary>
public static class ProtectiveMbr
{
    private const int Table = 446, EntryLength = 16, Type = 4, Start = 8, Size = 12;

    /// <summary>A boot block without a boot loader.</summary>
    public static byte[] New(int blockSize, long blocks)
    {
        var block = new byte[blockSize];
        ReadOnlySpan<byte> entry = [0, 0, 2, 0, 0xEE, 0xFF, 0xFF, 0xFF, 1];
        entry.CopyTo(block.AsSpan(Table));
        (block[510], block[511]) = (0x55, 0xAA);
        return WithSize(block, blocks)!;
    }

    /// <summary>True: it protects a GPT, even if it has other partitions.</summary>
    public static bool Is(ReadOnlySpan<byte> block)
    {
        for (var i = 0; HasSignature(block) && i < 4; i++)
            if (block[Table + i * EntryLength + Type] == 0xEE) return true;
        return false;
    }

    internal static bool HasSignature(ReadOnlySpan<byte> block) => block.Length >= 512 && block[510] == 0x55 && block[511] == 0xAA;

    /// <summary>
    /// The block with the size of the disk, its boot loader unchanged. Null: it has that size already, or it has other partitions.
    /// </summary>
    public static byte[]? WithSize(ReadOnlySpan<byte> block, long blocks)
    {
        if (!HasSignature(block) || block[Table + Type] != 0xEE || BinaryPrimitives.ReadUInt32LittleEndian(block[(Table + Start)..]) != 1)
            return null;
        for (var i = 1; i < 4; i++)
            if (block[Table + i * EntryLength + Type] != 0) return null;
        var size = (uint)Math.Min(blocks - 1, uint.MaxValue);
        if (BinaryPrimitives.ReadUInt32LittleEndian(block[(Table + Size)..]) == size) return null;
        var changed = block.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(Table + Size), size);
        return changed;
    }
}
