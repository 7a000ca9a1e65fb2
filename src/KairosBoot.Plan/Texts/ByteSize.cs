using System.Globalization;

namespace KairosBoot.Plan;

/// <summary>Sizes as text.</summary>
public static class ByteSize
{
    private const string Letters = "KMGT";

    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary><c>512 B</c>, <c>64.0 MiB</c>, <c>1.8 GiB</c>.</summary>
    public static string Text(long bytes)
    {
        var unit = 0;
        long tenths = bytes * 10;
        for (; tenths >= 10240 && unit < Units.Length - 1; unit++) tenths = (tenths + 512) / 1024;
        return unit == 0 ? $"{bytes} B" : $"{tenths / 10}.{tenths % 10} {Units[unit]}";
    }

    /// <summary>Reads a number of bytes, or a number with a binary unit: <c>900M</c>, <c>1.5G</c>, <c>2GiB</c>.</summary>
    /// <returns>Bytes; null: the text is not a size above zero.</returns>
    public static long? TryParse(string text)
    {
        var digits = text.AsSpan().TrimEnd("KMGTiB");
        var unit = text.AsSpan(digits.Length);
        var power = unit.IsEmpty || unit is "B" ? 0 : Letters.IndexOf(unit[0]) + 1;
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number <= 0
            || number >= 1L << 62 - 10 * power || unit.Length > 1 && !(power > 0 && unit[1..] is "B" or "iB"))
        {
            return null;
        }

        // Half a byte does not exist.
        var bytes = number * (1L << 10 * power);
        return bytes >= 1 && (bytes == decimal.Truncate(bytes) || power > 0) ? (long)bytes : null;
    }
}
