using System.Text;

namespace KairosBoot.Lifecycle;

/// <summary>
/// Writes regular files of root, mode 0600, into a tar archive, POSIX ustar. The library's writer would make kboot larger than the whole
/// report.
/// </summary>
internal static class TarText
{
    private const int Block = 512, NameLength = 100, ChecksumAt = 148, ChecksumLength = 8;

    /// <param name="output">The archive.</param>
    /// <param name="name">ASCII, at most 100 characters.</param>
    /// <param name="content">The whole file.</param>
    /// <param name="time">Modification time, seconds since 1970.</param>
    internal static void Write(Stream output, string name, ReadOnlySpan<byte> content, long time)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, NameLength);
        var header = new byte[Block];
        Put(header, 0, name);
        Put(header, 100, "0000600\0");
        Put(header, 108, "0000000\0"); // uid
        Put(header, 116, "0000000\0"); // gid
        Put(header, 124, Octal(content.Length));
        Put(header, 136, Octal(time));
        Put(header, ChecksumAt, new string(' ', ChecksumLength));
        Put(header, 156, "0"); // a regular file
        Put(header, 257, "ustar\0" + "00");
        Put(header, 265, "root");
        Put(header, 297, "root");
        Put(header, ChecksumAt, Convert.ToString(header.Sum(octet => octet), 8).PadLeft(6, '0') + "\0 ");
        output.Write(header);
        output.Write(content);
        output.Write(new byte[(Block - (content.Length % Block)) % Block]);
    }

    /// <summary>Two empty blocks.</summary>
    internal static void End(Stream output) => output.Write(new byte[2 * Block]);

    private static void Put(byte[] header, int at, string text) => Encoding.ASCII.GetBytes(text, header.AsSpan(at));

    private static string Octal(long number) => Convert.ToString(number, 8).PadLeft(11, '0') + "\0";
}
