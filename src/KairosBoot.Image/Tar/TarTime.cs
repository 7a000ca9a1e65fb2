using System.Globalization;

namespace KairosBoot.Image;

/// <summary>Times of members: nanoseconds since 1970, so from the year 1677 to 2262.</summary>
internal static class TarTime
{
    internal const long MinSeconds = long.MinValue / NanosecondsPerSecond + 1, MaxSeconds = long.MaxValue / NanosecondsPerSecond - 1;

    private const long NanosecondsPerSecond = 1_000_000_000;
    private const int FractionDigits = 9;

    internal static long FromSeconds(long seconds) => seconds * NanosecondsPerSecond;

    /// <summary>A decimal number of seconds. More than nine digits of a fraction are rounded down, as in GNU tar.</summary>
    /// <returns>Null: not such a number, or outside the range.</returns>
    internal static long? Parse(string text)
    {
        var negative = text.StartsWith('-');
        var parts = (negative ? text[1..] : text).Split('.', 2);
        var fraction = parts.Length == 2 ? parts[1] : "";
        if (!long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > MaxSeconds
            || !fraction.All(char.IsAsciiDigit))
        {
            return null;
        }

        var kept = fraction.Length > FractionDigits ? fraction[..FractionDigits] : fraction.PadRight(FractionDigits, '0');
        var nanoseconds = seconds * NanosecondsPerSecond + long.Parse(kept, CultureInfo.InvariantCulture);
        if (!negative) return nanoseconds;
        var isRounded = fraction.Length > FractionDigits && fraction.AsSpan(FractionDigits).ContainsAnyExcept('0');
        return -nanoseconds - (isRounded ? 1 : 0);
    }
}
