using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace KairosBoot.Cli;

/// <summary>Options for sizes: bytes, or a number with a binary unit, such as <c>900M</c> or <c>1.5G</c>.</summary>
internal static class SizeOption
{
    private const string Units = "KMGT";

    internal static Option<long?> Create(string description) => Create("--size", description);

    internal static Option<long?> Create(string name, string description) =>
        new(name) { Description = $"{description}; bytes, or with a binary unit: 900M, 1.5G", HelpName = "SIZE", CustomParser = Parse };

    /// <returns>Bytes; null if the text is not a size.</returns>
    internal static long? TryParse(string text)
    {
        var digits = text.AsSpan().TrimEnd("KMGTiB");
        var unit = text.AsSpan(digits.Length);
        var power = unit.IsEmpty || unit is "B" ? 0 : Units.IndexOf(unit[0]) + 1;
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number <= 0
            || number >= 1L << 62 - 10 * power || unit.Length > 1 && !(power > 0 && unit[1..] is "B" or "iB"))
        {
            return null;
        }

        // Half a byte does not exist.
        var bytes = number * (1L << 10 * power);
        return bytes >= 1 && (bytes == decimal.Truncate(bytes) || power > 0) ? (long)bytes : null;
    }

    private static long? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (TryParse(text) is { } size) return size;
        result.AddError($"'{text}' is not a valid size: write a number of bytes, or a number with K, M, G or T");
        return null;
    }
}
