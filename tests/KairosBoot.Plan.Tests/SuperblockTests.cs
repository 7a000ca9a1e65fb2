using System.Buffers.Binary;
using System.Text;

namespace KairosBoot.Plan.Tests;

/// <summary>Hand-made bytes for the decisions; the Linux tier compares the probes with the output of mkfs.</summary>
public sealed class SuperblockTests
{
    private static byte[] Window(params (int At, byte[] Bytes)[] parts)
    {
        var window = new byte[8192];
        foreach (var (at, bytes) in parts) bytes.CopyTo(window, at);
        return window;
    }

    private static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static readonly (int, byte[]) ExtMagic = (0x438, [0x53, 0xEF]);

    [Theory]
    [InlineData(0, 0, 0, "ext2")]
    [InlineData(4, 2, 1, "ext3")]
    [InlineData(4, 0x42, 1, "ext4")]
    public void Feature_bits_tell_the_ext_family_apart(uint compat, uint incompat, uint readOnlyCompat, string type)
    {
        var window = Window(ExtMagic, (0x45C, U32(compat)), (0x460, U32(incompat)), (0x464, U32(readOnlyCompat)), (0x404, U32(100)));
        var found = SuperblockProbe.Probe(0, window)!;
        Assert.Equal((type, "ext4", 102400L), (found.Type, found.MountType, found.SizeBytes));
    }

    [Fact]
    public void A_LUKS_header_wins_over_an_old_superblock()
    {
        var window = Window(ExtMagic, (0x478, "DATA"u8.ToArray()), (0, [.. "LUKS"u8, 0xBA, 0xBE, 0, 2]), (24, "DATA"u8.ToArray()));
        var found = SuperblockProbe.Probe(0, window)!;
        Assert.Equal(("crypto_LUKS", false), (found.Type, found.Mountable));
    }

    [Fact]
    public void A_truncated_window_never_throws()
    {
        var window = Window(ExtMagic, (0, [.. "LUKS"u8, 0xBA, 0xBE, 0, 2]), (510, [0x55, 0xAA]), (0x36, "FAT16   "u8.ToArray()),
            (4086, "SWAPSPACE2"u8.ToArray()));
        for (var length = 0; length < window.Length; length += 7)
        {
            foreach (var (offset, _) in SuperblockProbe.Windows)
                SuperblockProbe.Probe(offset, window.AsSpan(0, length));
        }
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(1);
        var window = new byte[8192];
        for (var round = 0; round < 300; round++)
        {
            random.NextBytes(window);
            ExtMagic.Item2.CopyTo(window, ExtMagic.Item1);
            Assert.StartsWith("ext", SuperblockProbe.Probe(0, window)!.Type);
            Gpt.ReadHeader(window);
            Gpt.ReadMbr(window);
        }
    }

    [Fact]
    public void The_PARTUUID_of_an_MBR_disk_is_signature_and_number()
    {
        var block = Window((440, U32(0x1234abcd)), (446 + 4, [0x83]), (446 + 16 + 4, [0x0C]), (510, [0x55, 0xAA]));
        Assert.Equal(["1234abcd-01", "1234abcd-02"], Gpt.ReadMbr(block).Select(entry => entry.Uuid));
        block[446 + 4] = 0xEE;
        Assert.Empty(Gpt.ReadMbr(block));
    }

    [Fact]
    public void A_damaged_GPT_header_is_refused()
    {
        Assert.Null(Gpt.ReadHeader(Window((0, "EFI PART"u8.ToArray()), (12, U32(92)), (80, U32(128)), (84, U32(128)))));
        Assert.Null(Gpt.ReadHeader(Encoding.ASCII.GetBytes("EFI PART")));
    }
}
