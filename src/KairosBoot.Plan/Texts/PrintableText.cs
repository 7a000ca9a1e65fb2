using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// Makes text safe for a terminal, a console or a log. Names, labels, configs and program output come from outside and may contain text
/// that a terminal interprets as a command, or that changes the order in which a line is shown. Only code that prints cleans text: other
/// code keeps the original names.
/// </summary>
public static class PrintableText
{
    /// <summary>
    /// Replaces control characters (C0 except newline and tab, DEL, C1), bidi controls and lone surrogates by <c>\x1b</c> or
    /// <c>\u202e</c>. A byte of a file name that is not UTF-8 (here U+DC80 to U+DCFF) is shown as that byte. Text without such characters
    /// is returned unchanged.
    /// </summary>
    public static string Clean(string text)
    {
        for (var i = PlainLength(text); i < text.Length; i++)
        {
            if (text[i] is >= ' ' and <= '~') continue;
            if (IsPair(text, i)) i++;
            else if (MustEscape(text[i])) return Escape(text, i);
        }
        return text;
    }

    /// <summary>How many characters at the start of a text are printable ASCII.</summary>
    public static int PlainLength(ReadOnlySpan<char> text) =>
        text.IndexOfAnyExceptInRange(' ', '~') is >= 0 and var other ? other : text.Length;

    /// <summary>True for characters that a terminal must not receive, lone surrogates included.</summary>
    public static bool MustEscape(char c) => c switch
    {
        '\n' or '\t' => false,
        < ' ' or (>= '\x7f' and <= '\x9f') => true,
        // Bidi embeddings, overrides and isolates: the Unicode Bidirectional Algorithm, section 2.
        (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') => true,
        _ => char.IsSurrogate(c),
    };

    private static string Escape(string text, int from)
    {
        var clean = new StringBuilder(text, 0, from, text.Length + 16);
        for (var i = from; i < text.Length; i++)
        {
            if (IsPair(text, i)) clean.Append(text[i++]).Append(text[i]);
            else if (!MustEscape(text[i])) clean.Append(text[i]);
            else if (text[i] is <= '\xff' or (>= '\udc80' and <= '\udcff')) clean.Append(@"\x").Append((text[i] & 0xff).ToString("x2"));
            else clean.Append(@"\u").Append(((int)text[i]).ToString("x4"));
        }
        return clean.ToString();
    }

    private static bool IsPair(string text, int i) =>
        char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
}
