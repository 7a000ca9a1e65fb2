using System.Text;

namespace KairosBoot.Image.Tests;

/// <summary>Archives made by hand: each field as the test wants it, with a correct checksum.</summary>
internal static class TarBytes
{
    internal const string Ustar = "ustar\u000000", OldGnu = "ustar  \0", V7 = "\0\0\0\0\0\0\0\0";

    private const int Block = 512;

    /// <summary>Blocks that end an archive.</summary>
    internal static byte[] End => new byte[2 * Block];

    /// <summary>A header block. Texts are Latin-1, so a test can write any byte.</summary>
    internal static byte[] Header(string name, char type = '0', long size = 0, int mode = 420, long uid = 0, long gid = 0,
        long time = 1_700_000_000, string link = "", long major = 0, long minor = 0, string magic = Ustar, string prefix = "",
        Action<byte[]>? change = null)
    {
        var block = new byte[Block];
        Put(block, 0, 100, name);
        Number(block, 100, 8, mode);
        Number(block, 108, 8, uid);
        Number(block, 116, 8, gid);
        Number(block, 124, 12, size);
        Number(block, 136, 12, time);
        block[156] = (byte)type;
        Put(block, 157, 100, link);
        Put(block, 257, 8, magic);
        Number(block, 329, 8, major);
        Number(block, 337, 8, minor);
        Put(block, 345, 155, prefix);
        change?.Invoke(block);
        return Sealed(block);
    }

    /// <summary>The block with its checksum.</summary>
    internal static byte[] Sealed(byte[] block)
    {
        block.AsSpan(148, 8).Fill((byte)' ');
        Put(block, 148, 8, $"{Octal(block.Sum(octet => octet), 6)}\0 ");
        return block;
    }

    internal static byte[] File(string name, string content = "content", int mode = 420, long uid = 0, long gid = 0,
        long time = 1_700_000_000, string magic = Ustar, string prefix = "", char type = '0') =>
        [.. Header(name, type, content.Length, mode, uid, gid, time, magic: magic, prefix: prefix), .. Padded(Latin(content))];

    internal static byte[] Directory(string name, int mode = 493, long time = 1_700_000_000) => Header(name, '5', 0, mode, time: time);

    internal static byte[] Link(string name, string target) => Header(name, '2', link: target, mode: 511);

    internal static byte[] HardLink(string name, string target) => Header(name, '1', link: target);

    /// <summary>A PAX header of the type x (one member) or g (all members).</summary>
    internal static byte[] Pax(char type, params (string Key, string Value)[] records)
    {
        var data = new StringBuilder();
        foreach (var (key, value) in records)
        {
            var rest = $" {key}={value}\n";
            var length = rest.Length + 1;
            while (rest.Length + $"{length}".Length != length) length++;
            data.Append(length).Append(rest);
        }

        return PaxData(type, data.ToString());
    }

    internal static byte[] Pax(params (string Key, string Value)[] records) => Pax('x', records);

    internal static byte[] PaxData(char type, string data) => [.. Header("PaxHeaders/x", type, data.Length), .. Padded(Latin(data))];

    /// <summary>GNU tar's long name (L) or long target (K).</summary>
    internal static byte[] Long(char type, string text) =>
        [.. Header("././@LongLink", type, text.Length + 1, magic: OldGnu), .. Padded(Latin(text + "\0"))];

    internal static byte[] Padded(byte[] data) => [.. data, .. new byte[(Block - data.Length % Block) % Block]];

    internal static byte[] Latin(string text) => Encoding.Latin1.GetBytes(text);

    internal static void Put(byte[] block, int offset, int length, string text)
    {
        var bytes = Latin(text);
        bytes.AsSpan(0, Math.Min(length, bytes.Length)).CopyTo(block.AsSpan(offset));
    }

    /// <summary>Octal digits, or GNU tar's binary form if they do not fit.</summary>
    internal static void Number(byte[] block, int offset, int length, long number)
    {
        if (number >= 0 && number < 1L << (3 * (length - 1)))
        {
            Put(block, offset, length, Octal(number, length - 1) + "\0");
            return;
        }

        block.AsSpan(offset, length).Fill(number < 0 ? (byte)0xFF : (byte)0);
        if (number > 0) block[offset] = 0x80;
        for (var i = 0; i < Math.Min(8, length - 1); i++) block[offset + length - 1 - i] = (byte)(number >> (8 * i));
    }

    private static string Octal(long number, int digits) => Convert.ToString(number, 8).PadLeft(digits, '0');
}
