using System.Globalization;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The records of one PAX header: <c>LENGTH KEY=VALUE\n</c> (pax(1), "pax Header Block").</summary>
internal static class PaxHeader
{
    private const int MaxLengthDigits = 10;

    /// <summary>Calls the handler of each record's key.</summary>
    /// <param name="data">The content of the header.</param>
    /// <param name="target">Gets the values.</param>
    /// <param name="isGlobal">Whether the header is for all members after it.</param>
    /// <exception cref="TarProblem">The records are damaged, or a key is not in <see cref="PaxKeys"/>.</exception>
    internal static void Apply(ReadOnlySpan<byte> data, PaxValues target, bool isGlobal)
    {
        while (!data.IsEmpty)
        {
            var key = FileName.Decode(TakeRecord(ref data, out var value));
            PaxKeys.Apply(target, key, value, isGlobal);
        }
    }

    private static ReadOnlySpan<byte> TakeRecord(ref ReadOnlySpan<byte> data, out ReadOnlySpan<byte> value)
    {
        var space = data[..Math.Min(data.Length, MaxLengthDigits + 1)].IndexOf((byte)' ');
        if (space < 0 || !int.TryParse(data[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length <= space + 1 || length > data.Length || data[length - 1] != '\n')
        {
            throw TarProblem.Damage("a PAX header has a record without its length");
        }

        var record = data[(space + 1)..(length - 1)];
        var equals = record.IndexOf((byte)'=');
        if (equals < 1) throw TarProblem.Damage("a PAX header has a record without '='");
        data = data[length..];
        value = record[(equals + 1)..];
        return record[..equals];
    }
}
