using System.Text;

namespace KairosBoot.Plan;

/// <summary>Splits long lines between words.</summary>
public static class LineWrap
{
    /// <summary>
    /// The parts of a line, each of at most that many bytes (UTF-8). The space at a split is dropped. Only a word that is longer than a
    /// part is cut.
    /// </summary>
    public static List<string> Split(string line, int maxBytes)
    {
        var parts = new List<string>();
        for (var at = 0; at < line.Length || parts.Count == 0;)
        {
            var length = line.Length - at;
            // A UTF-16 unit is at most three bytes.
            while (Encoding.UTF8.GetByteCount(line.AsSpan(at, length)) - maxBytes is > 0 and var excess) length -= (excess + 2) / 3;
            var end = End(line, at, length);
            parts.Add(line[at..end]);
            at = end < line.Length && line[end] == ' ' ? end + 1 : end;
        }
        return parts;
    }

    /// <summary>Where to cut a text that is too long: at the last white space of that length, or at its end if there is none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where the part begins.</param>
    /// <param name="length">The maximum length of the part.</param>
    public static int End(string text, int start, int length)
    {
        var end = start + length;
        if (end >= text.Length) return text.Length;
        for (var at = end; at > start; at--)
            if (char.IsWhiteSpace(text[at])) return at;
        return char.IsLowSurrogate(text[end]) ? end - 1 : end;
    }
}
