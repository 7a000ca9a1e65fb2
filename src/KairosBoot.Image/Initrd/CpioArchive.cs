using System.Globalization;
using System.Text;

namespace KairosBoot.Image;

/// <summary>
/// The "newc" cpio format as the kernel reads it (Documentation/driver-api/early-userspace/buffer-format.rst): headers of
/// thirteen 8-digit hexadecimal fields, everything aligned to 4 bytes.
/// </summary>
public static class CpioArchive
{
    private const string Magic = "070701", Trailer = "TRAILER!!!";
    private const int HeaderLength = 110, Alignment = 4, BlockLength = 512;
    private const int ModeField = 1, SizeField = 6, MajorField = 9, MinorField = 10, NameLengthField = 11;

    /// <summary>Entries are sorted by name (so that parents precede children), owned by root and dated 1970. The same entries give the same bytes.</summary>
    public static byte[] Write(IEnumerable<CpioEntry> entries)
    {
        using var archive = new MemoryStream();
        uint inode = 0;
        foreach (var entry in entries.OrderBy(entry => entry.Name, StringComparer.Ordinal))
            WriteEntry(archive, entry, ++inode);
        WriteEntry(archive, new CpioEntry(Trailer, 0, default), inode: 0);
        Pad(archive, BlockLength);
        return archive.ToArray();
    }

    /// <summary>Reads the entries of one archive, and its length.</summary>
    /// <exception cref="InvalidDataException">The format is wrong, or the archive is truncated; the message says where.</exception>
    public static (IReadOnlyList<CpioEntry> Entries, int Length) Read(ReadOnlyMemory<byte> archive)
    {
        var entries = new List<CpioEntry>();
        var at = 0;
        while (true)
        {
            var header = Slice(archive, at, HeaderLength).Span;
            if (!header.StartsWith("070701"u8) && !header.StartsWith("070702"u8))
                throw new InvalidDataException($"no cpio header at byte {at}");
            var nameLength = Field(header, NameLengthField, at);
            var size = Field(header, SizeField, at);
            var name = Encoding.UTF8.GetString(Slice(archive, at + HeaderLength, nameLength).Span).TrimEnd('\0');
            var start = Align(at + HeaderLength + nameLength, Alignment);
            if (name == Trailer) return (entries, start);
            entries.Add(new CpioEntry(name, (uint)Field(header, ModeField, at), Slice(archive, start, size),
                (uint)Field(header, MajorField, at), (uint)Field(header, MinorField, at)));
            at = Align(start + size, Alignment);
        }
    }

    private static void WriteEntry(MemoryStream archive, CpioEntry entry, uint inode)
    {
        var name = Encoding.UTF8.GetBytes(entry.Name + '\0');
        var links = (entry.Mode & 0xF000) == 0x4000 ? 2u : 1u;
        uint[] fields =
        [
            inode, entry.Mode, 0, 0, links, 0, (uint)entry.Content.Length, 0, 0,
            entry.DeviceMajor, entry.DeviceMinor, (uint)name.Length, 0,
        ];
        archive.Write(Encoding.ASCII.GetBytes(Magic + string.Concat(fields.Select(field => field.ToString("X8", CultureInfo.InvariantCulture)))));
        archive.Write(name);
        Pad(archive, Alignment);
        archive.Write(entry.Content.Span);
        Pad(archive, Alignment);
    }

    private static void Pad(MemoryStream archive, int alignment) =>
        archive.Write(new byte[Align((int)archive.Length, alignment) - (int)archive.Length]);

    private static int Align(int length, int alignment) => (length + alignment - 1) / alignment * alignment;

    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> archive, int start, int length) =>
        length >= 0 && start <= archive.Length - length ? archive.Slice(start, length)
            : throw new InvalidDataException($"truncated: {length} bytes expected at byte {start}, but the archive has {archive.Length}");

    private static int Field(ReadOnlySpan<byte> header, int index, int at) =>
        int.TryParse(header.Slice(Magic.Length + index * 8, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && value >= 0
            ? value : throw new InvalidDataException($"bad cpio header at byte {at}");
}
