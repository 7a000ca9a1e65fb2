using System.Globalization;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// File names in the manifest: a backslash is <c>\\</c>; a control character, and a byte that is not UTF-8 (in memory a lone low surrogate,
/// U+DC80 to U+DCFF), are <c>\x0a</c> and <c>\xff</c>. All other characters are unchanged.
/// </summary>
internal static class ManifestName
{
    private const char ByteEscapes = '\uDC00';

    internal static void Append(StringBuilder text, string name)
    {
        if (name.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 && !name.Contains('\\'))
        {
            text.Append(name);
            return;
        }
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            if (char.IsHighSurrogate(c) && i + 1 < name.Length && char.IsLowSurrogate(name[i + 1])) text.Append(c).Append(name[++i]);
            else if (c == '\\') text.Append(@"\\");
            else if (c < ' ' || c == 127 || char.IsLowSurrogate(c))
                text.Append(@"\x").Append(((int)c & 0xFF).ToString("x2", CultureInfo.InvariantCulture));
            else text.Append(c);
        }
    }

    /// <summary>Null: not what <see cref="Append"/> writes.</summary>
    internal static string? TryParse(ReadOnlySpan<char> text)
    {
        if (!text.Contains('\\')) return text.ToString();
        var name = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                name.Append(text[i]);
            }
            else if (text[(i + 1)..].StartsWith("\\"))
            {
                name.Append(text[++i]);
            }
            else if (text.Length - i >= 4 && text[i + 1] == 'x'
                && int.TryParse(text.Slice(i + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                name.Append((char)(value < 0x80 ? value : ByteEscapes + value));
                i += 3;
            }
            else
            {
                return null;
            }
        }
        return name.ToString();
    }
}
