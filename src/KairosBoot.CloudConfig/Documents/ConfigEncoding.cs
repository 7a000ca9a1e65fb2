using System.Text;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The encoding of configs: UTF-8, or UTF-16 with a byte order mark. Invalid bytes become <see cref="Invalid"/>, which
/// <see cref="YamlReader"/> accepts only in comments.
/// </summary>
internal static class ConfigEncoding
{
    internal const char Invalid = '\uFFFD';

    /// <summary>The text without its byte order mark.</summary>
    internal static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [0xFF, 0xFE, ..]) return FromUtf16(bytes[2..], low: 0);
        if (bytes is [0xFE, 0xFF, ..]) return FromUtf16(bytes[2..], low: 1);
        return Encoding.UTF8.GetString(bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes[3..] : bytes);
    }

    /// <param name="bytes">Two for each character.</param>
    /// <param name="low">The place of the lower byte: 0 or 1.</param>
    private static string FromUtf16(ReadOnlySpan<byte> bytes, int low)
    {
        var text = new char[(bytes.Length + 1) / 2];
        for (var i = 0; i < bytes.Length / 2; i++) text[i] = (char)(bytes[2 * i + low] | bytes[2 * i + 1 - low] << 8);
        if (bytes.Length % 2 == 1) text[^1] = Invalid;
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) i++;
            else text[i] = Invalid;
        }
        return new string(text);
    }
}
