using System.Globalization;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// What was seeded into the stores of a state directory, as text:
/// <code>
/// kairosboot-state 1 00000187 a7ffc6f8bf1ed76651c14756a061d662    bytes of the head with this line, digest of the rest of it
/// /etc/ssh etc-ssh.bind 9f86d081884c7d659a2feaa0c55ad015 4711 2c26b46b68ffc68ff99b453c1d304134
/// ...                                                             path, store, image, bytes and digest of its section
/// d4fb... ssh_host_key                                            the sections, in the order of the head
/// </code>
/// A tab separates the words of a line of the head. The head alone shows whether a boot has something to do, so the cost does not depend on
/// the number of files. The word of the image is <c>siphash-2-4-128:KEY:IMAGE</c>, with the id of the key, unless the signatures are those
/// of older versions, SHA-256. An older version reads it as the identity of another image, compares the files, finds no signature that it
/// knows, and keeps every file that differs from its image.
/// </summary>
public static class PersistentManifest
{
    private const string Magic = "kairosboot-state ", Version = "1 ", KeyedHash = "siphash-2-4-128:";

    /// <summary>Bytes of the first line, which has the length of the head.</summary>
    public const int FirstLine = 17 + 2 + 8 + 1 + 32 + 1;

    // A head has a line of about a hundred bytes for each persistent path; a larger one is damaged.
    private const int MaxHeadLength = 1 << 20;

    /// <summary>Bytes of the head, this line included; null: not the first line of a manifest of this version.</summary>
    public static int? HeadLength(ReadOnlySpan<byte> firstLine)
    {
        if (firstLine.Length != FirstLine || firstLine[^1] != '\n') return null;
        var line = Encoding.UTF8.GetString(firstLine);
        return line.StartsWith(Magic + Version, StringComparison.Ordinal)
            && line[27] == ' ' && int.TryParse(line.AsSpan(19, 8), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length is >= FirstLine and <= MaxHeadLength ? length : null;
    }

    /// <summary>The sections without their text. Null: damaged.</summary>
    /// <param name="head">As many bytes as <see cref="HeadLength"/> says.</param>
    public static List<ManifestSection>? ParseHead(ReadOnlySpan<byte> head)
    {
        if (head.Length < FirstLine || Encoding.UTF8.GetString(head.Slice(FirstLine - 33, 32)) != HalfDigest(head[FirstLine..]))
            return null;
        var sections = new List<ManifestSection>();
        ReadOnlySpan<char> rest = Encoding.UTF8.GetString(head[FirstLine..]);
        ManifestSection? last = null;
        while (rest.Length > 0)
        {
            var line = TextFields.Next(ref rest, '\n');
            if (line.Length == 0) continue;
            if (ParseLine(line, last) is not { } section) return null;
            sections.Add(last = section);
        }
        return sections;
    }

    /// <param name="line">A line of the head.</param>
    /// <param name="last">The section of the line before it, whose image, key and digest are often the same.</param>
    private static ManifestSection? ParseLine(ReadOnlySpan<char> line, ManifestSection? last)
    {
        if (ManifestName.TryParse(TextFields.Next(ref line, '\t')) is not { } path
            || ManifestName.TryParse(TextFields.Next(ref line, '\t')) is not { } store)
        {
            return null;
        }
        var image = TextFields.Next(ref line, '\t');
        string? keyId = null;
        if (image.StartsWith(KeyedHash, StringComparison.Ordinal) && image[KeyedHash.Length..].Contains(':'))
        {
            image = image[KeyedHash.Length..];
            keyId = TextFields.Text(TextFields.Next(ref image, ':'), last?.KeyId);
        }
        return int.TryParse(TextFields.Next(ref line, '\t'), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && line.Length > 0 && !line.Contains('\t')
            ? new ManifestSection(path, store, TextFields.Text(image, last?.Image))
            { Length = length, Digest = TextFields.Text(line, last?.Digest), KeyId = keyId }
            : null;
    }

    /// <summary>Sets the text of each section whose digest matches.</summary>
    /// <param name="sections">From <see cref="ParseHead"/>.</param>
    /// <param name="body">Everything after the head.</param>
    /// <returns>The paths whose text is damaged.</returns>
    public static List<string> AddTexts(List<ManifestSection> sections, byte[] body)
    {
        var damaged = new List<string>();
        long at = 0;
        foreach (var section in sections)
        {
            var text = at + section.Length <= body.Length ? body[(int)at..(int)(at + section.Length)] : [];
            at += section.Length;
            if (HalfDigest(text) == section.Digest) section.Text = text;
            else damaged.Add(section.Path);
        }
        return damaged;
    }

    /// <summary>The head of a manifest with these sections; their texts follow it.</summary>
    public static byte[] Head(List<ManifestSection> sections)
    {
        var text = new StringBuilder();
        foreach (var section in sections)
        {
            ManifestName.Append(text, section.Path);
            text.Append('\t');
            ManifestName.Append(text, section.Store);
            text.Append('\t');
            if (section.KeyId is { } key) text.Append(KeyedHash).Append(key).Append(':');
            text.Append(section.Image).Append('\t').Append(section.Length.ToString(CultureInfo.InvariantCulture))
                .Append('\t').Append(section.Digest).Append('\n');
        }
        var lines = Encoding.UTF8.GetBytes(text.ToString());
        var length = (FirstLine + lines.Length).ToString("d8", CultureInfo.InvariantCulture);
        byte[] first = Encoding.UTF8.GetBytes($"{Magic}{Version}{length} {HalfDigest(lines)}\n");
        return [.. first, .. lines];
    }

    /// <summary>The first 16 bytes of the SHA-256, in hexadecimal.</summary>
    public static string HalfDigest(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(Sha256.Hash(bytes).AsSpan(0, 16));
}
