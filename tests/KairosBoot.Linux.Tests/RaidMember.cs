using System.Buffers.Binary;

namespace KairosBoot.Linux.Tests;

/// <summary>Superblocks of md arrays, as linux/raid/md_p.h documents them: this machine may not have the driver that mdadm needs.</summary>
internal static class RaidMember
{
    /// <param name="version">0: struct mdp_superblock_s (0.90). 1: struct mdp_superblock_1, which contains its place.</param>
    /// <param name="offset">Its place in bytes.</param>
    public static byte[] Superblock(int version, long offset)
    {
        var block = new byte[4096];
        BinaryPrimitives.WriteUInt32LittleEndian(block, 0xA92B4EFC);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(4), version);
        if (version == 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(8), 90);
            BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(20), 1);
            Enumerable.Range(1, 12).Select(i => (byte)i).ToArray().CopyTo(block, 52);
            Seal(block, 4096, 152);
        }
        else
        {
            Enumerable.Range(1, 16).Select(i => (byte)i).ToArray().CopyTo(block, 16);
            "any:0"u8.CopyTo(block.AsSpan(32));
            BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(92), 1);
            BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(144), offset / 512);
            Seal(block, 256, 216);
        }
        return block;
    }

    // sb_csum: blkid checks it. The sum of all words with the field as 0, folded to 32 bits.
    private static void Seal(byte[] block, int length, int field)
    {
        ulong sum = 0;
        for (var at = 0; at < length; at += 4) sum += BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(at));
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(field), (uint)sum + (uint)(sum >> 32));
    }
}
