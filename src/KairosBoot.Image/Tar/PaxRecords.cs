using System.Globalization;
using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// The records of one PAX header (pax(1), "pax Header Block") about the member that follows it. System.Formats.Tar reads only text, but attributes are
/// bytes.
/// </summary>
/// <param name="Size">Size of the member's content in bytes, if the number does not fit in its header block; else null.</param>
/// <param name="ExtendedAttributes">Name and value, sorted by name, each name once.</param>
internal sealed record PaxRecords(long? Size, IReadOnlyList<(XattrName Name, byte[] Value)> ExtendedAttributes)
{
    internal static readonly PaxRecords None = new(null, []);

    private const int MaxLengthDigits = 10;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> SizeKey => "size"u8;

    // star, GNU tar and container engines use the first (raw value), libarchive the second (base64).
    private static ReadOnlySpan<byte> PlainPrefix => "SCHILY.xattr."u8;

    private static ReadOnlySpan<byte> Base64Prefix => "LIBARCHIVE.xattr."u8;

    /// <summary>Reads the records, and overwrites the attributes' values in <paramref name="data"/> with blanks, so that only text remains.</summary>
    /// <exception cref="OperatorException">An attribute has a name that no file of Linux can have.</exception>
    /// <exception cref="InvalidDataException">The bytes are not records of the form <c>LENGTH KEY=VALUE\n</c>.</exception>
    internal static PaxRecords Take(Span<byte> data)
    {
        long? size = null;
        var attributes = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        while (!data.IsEmpty)
        {
            var key = TakeRecord(ref data, out var value);
            if (key.SequenceEqual(SizeKey))
            {
                size = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Damaged("an invalid size");
            }
            else if (key.StartsWith(PlainPrefix))
            {
                attributes[Usable(PlainName(key[PlainPrefix.Length..]))] = value.ToArray();
                value.Fill((byte)' ');
            }
            else if (key.StartsWith(Base64Prefix))
            {
                // bsdtar writes each attribute in both forms.
                attributes.TryAdd(Usable(Uri.UnescapeDataString(Text(key[Base64Prefix.Length..]))), DecodeBase64(value));
            }
        }

        return new PaxRecords(size, attributes.Select(row => (XattrName.Parse(row.Key, "a PAX header"), row.Value)).ToList());
    }

    private static ReadOnlySpan<byte> TakeRecord(ref Span<byte> data, out Span<byte> value)
    {
        var space = data[..Math.Min(data.Length, MaxLengthDigits + 1)].IndexOf((byte)' ');
        if (space < 0 || !int.TryParse(data[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length <= space + 1 || length > data.Length || data[length - 1] != '\n')
        {
            throw Damaged("a record without its length");
        }

        var record = data[(space + 1)..(length - 1)];
        var equals = record.IndexOf((byte)'=');
        if (equals < 1) throw Damaged("a record without '='");
        data = data[length..];
        value = record[(equals + 1)..];
        return record[..equals];
    }

    // GNU tar escapes only '=' and '%' in a name (xheader.c, xattr_encode_keyword).
    private static string PlainName(ReadOnlySpan<byte> name) => Text(name).Replace("%3D", "=").Replace("%25", "%");

    private static byte[] DecodeBase64(ReadOnlySpan<byte> value)
    {
        // libarchive omits the padding.
        var text = Encoding.ASCII.GetString(value).TrimEnd('=');
        try
        {
            return Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
        }
        catch (FormatException)
        {
            throw Damaged("an attribute that is not base64");
        }
    }

    private static string Text(ReadOnlySpan<byte> name)
    {
        try
        {
            return StrictUtf8.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            throw Damaged("an attribute whose name is not UTF-8");
        }
    }

    // A NUL would end the name early in the system call.
    private static string Usable(string name) => name.Length > 0 && !name.Contains('\0') ? name : throw Damaged("an attribute with an invalid name");

    private static InvalidDataException Damaged(string what) => new($"a PAX header has {what}");
}
