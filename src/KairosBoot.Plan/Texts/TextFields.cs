namespace KairosBoot.Plan;

/// <summary>Splits a text without a string for each part.</summary>
internal static class TextFields
{
    /// <summary>Takes the next part off a text, up to a separator or the end.</summary>
    internal static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> rest, char separator)
    {
        var end = rest.IndexOf(separator);
        var next = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        return next;
    }

    /// <summary>A part as a string; the last one, if it has the same text.</summary>
    internal static string Text(ReadOnlySpan<char> part, string? last) =>
        last is not null && part.SequenceEqual(last) ? last : part.ToString();
}
