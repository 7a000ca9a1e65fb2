using System.Globalization;

namespace KairosBoot.Image;

/// <summary>
/// Numbers in a header block: octal digits, or binary after a first byte of 0x80 or 0xFF (GNU tar manual, "Extensions to traditional
/// header"). They are read as GNU tar reads them (list.c, from_header).
/// </summary>
internal static class TarNumber
{
    private const byte BinaryPositive = 0x80, BinaryNegative = 0xFF;

    /// <summary>Reads a field and checks its range.</summary>
    /// <param name="field">At most 12 bytes, so octal digits cannot overflow.</param>
    /// <param name="name">For the message.</param>
    /// <param name="min">The smallest value.</param>
    /// <param name="max">The largest value.</param>
    internal static long Parse(ReadOnlySpan<byte> field, string name, long min, long max)
    {
        var number = Parse(field, name);
        return number >= min && number <= max ? number : throw TarProblem.Damage(
            string.Create(CultureInfo.InvariantCulture, $"the field {name} of a header is {number}, which is not from {min} to {max}"));
    }

    private static long Parse(ReadOnlySpan<byte> field, string name)
    {
        // Some old programs write a NUL before the digits.
        var rest = field[0] == 0 ? field[1..] : field;
        while (rest.Length > 0 && IsBlank(rest[0])) rest = rest[1..];
        if (rest.Length == 0) throw TarProblem.Damage($"the field {name} of a header is blank");
        return rest is [BinaryPositive or BinaryNegative, _, ..] ? Binary(rest, name) : Octal(rest, name);
    }

    private static long Octal(ReadOnlySpan<byte> digits, string name)
    {
        long number = 0;
        while (digits.Length > 0 && digits[0] is >= (byte)'0' and <= (byte)'7')
        {
            number = number * 8 + (digits[0] - '0');
            digits = digits[1..];
        }

        return digits.Length == 0 || digits[0] == 0 || IsBlank(digits[0]) ? number
            : throw TarProblem.Damage($"the field {name} of a header is not a number");
    }

    private static long Binary(ReadOnlySpan<byte> bytes, string name)
    {
        long number = bytes[0] == BinaryNegative ? -1 : 0;
        foreach (var octet in bytes[1..])
        {
            if (number << 8 >> 8 != number) throw TarProblem.Damage($"the field {name} of a header has more than 64 bits");
            number = number << 8 | octet;
        }

        return number;
    }

    // isspace(3)
    private static bool IsBlank(byte octet) => octet is (byte)' ' or >= (byte)'\t' and <= (byte)'\r';
}
