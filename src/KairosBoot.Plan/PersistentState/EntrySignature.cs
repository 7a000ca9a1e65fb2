using System.Buffers.Binary;
using System.Globalization;

namespace KairosBoot.Plan;

/// <summary>
/// The state of a file of persistent state except for its name: kind, mode, owner, content and extended attributes, as one digest. Times
/// are not included: reproducible images always have the same ones, and a restored backup has new ones.
/// </summary>
public readonly struct EntrySignature : IEquatable<EntrySignature>
{
    private const char NoKind = '\0';
    private const long AnySize = -1;
    private readonly ulong high, low;

    private EntrySignature(char kind, long size, ulong high, ulong low)
    {
        Kind = kind;
        Size = size;
        this.high = high;
        this.low = low;
    }

    /// <summary>The file does not exist.</summary>
    public static EntrySignature Absent => default;

    /// <summary>
    /// A directory whose mode, owner and attributes are being changed. This takes several calls, so a power cut may leave any mixture of
    /// old and new ones.
    /// </summary>
    public static EntrySignature AnyDirectory => new('d', AnySize, 0, 0);

    /// <summary>A file that was not read because it is known to have none of the signatures in question.</summary>
    /// <param name="kind">As in <see cref="Of(char, long, ulong, ulong)"/>.</param>
    public static EntrySignature Unread(char kind) => new(kind, AnySize - 1, 0, 0);

    /// <param name="kind">As in find(1) <c>%y</c>: <c>f d l c b p s</c>.</param>
    /// <param name="size">Size of a regular file, else 0.</param>
    /// <param name="digest">SHA-256 of everything else; its first half is stored.</param>
    public static EntrySignature Of(char kind, long size, ReadOnlySpan<byte> digest) =>
        new(kind, size, BinaryPrimitives.ReadUInt64BigEndian(digest), BinaryPrimitives.ReadUInt64BigEndian(digest[8..]));

    /// <summary>As the other one, with the two halves of a hash of 128 bits.</summary>
    public static EntrySignature Of(char kind, long size, ulong high, ulong low) => new(kind, size, high, low);

    public char Kind { get; }
    public long Size { get; }
    public bool IsThere => Kind != NoKind;
    public bool IsDirectory => Kind == 'd';

    /// <summary>True: a file with the other signature counts as this one.</summary>
    public bool Accepts(EntrySignature seen) => Equals(seen) || (IsDirectory && Size == AnySize && seen.IsDirectory);

    public bool Equals(EntrySignature other) => Kind == other.Kind && Size == other.Size && high == other.high && low == other.low;
    public override bool Equals(object? other) => other is EntrySignature signature && Equals(signature);
    public override int GetHashCode() => (int)low;

    /// <summary>
    /// <c>-</c> for an absent file, <c>d*</c> for any directory, <c>f12.5f70bf18a086007016e948b04aed3b82</c> for a file of 12 bytes,
    /// <c>d5f70...</c> for everything else.
    /// </summary>
    public override string ToString()
    {
        if (!IsThere) return "-";
        if (Size == AnySize) return "d*";
        var digest = high.ToString("x16", CultureInfo.InvariantCulture) + low.ToString("x16", CultureInfo.InvariantCulture);
        return Kind == 'f' ? $"f{Size.ToString(CultureInfo.InvariantCulture)}.{digest}" : Kind + digest;
    }

    /// <summary>Null: not what <see cref="ToString"/> writes.</summary>
    public static EntrySignature? TryParse(ReadOnlySpan<char> text)
    {
        if (text is "-") return Absent;
        if (text is "d*") return AnyDirectory;
        if (text.Length < 33 || !"fdlcbps".Contains(text[0])) return null;
        long size = 0;
        if (text[0] == 'f' && (text[^33] != '.' || !long.TryParse(text[1..^33], NumberStyles.None, CultureInfo.InvariantCulture, out size)))
            return null;
        if (text[0] != 'f' && text.Length != 33) return null;
        return ulong.TryParse(text[^32..^16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            && ulong.TryParse(text[^16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low)
            ? new EntrySignature(text[0], size, high, low) : null;
    }
}
