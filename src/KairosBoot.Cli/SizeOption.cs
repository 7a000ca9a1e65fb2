using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace KairosBoot.Cli;

/// <summary><c>--size 900M</c>: bytes, or with a binary unit.</summary>
internal static class SizeOption
{
    private const string Units = "KMGT";

    internal static Option<long?> Create(string description) =>
        new("--size") { Description = $"{description}: bytes, or 900M, 4G (binary units)", HelpName = "SIZE", CustomParser = Parse };

    private static long? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        var digits = text.AsSpan().TrimEnd("KMGTiB");
        var unit = text.AsSpan(digits.Length);
        var power = unit.IsEmpty || unit is "B" ? 0 : Units.IndexOf(unit[0]) + 1;
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number < 1L << 62 - 10 * power
            && (unit.Length < 2 || power > 0 && unit[1..] is "B" or "iB"))
        {
            return number << 10 * power;
        }

        result.AddError($"'{text}' is not a size: give a number of bytes, or one with K, M, G or T");
        return null;
    }
}
