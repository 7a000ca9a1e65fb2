using System.Text;

namespace KairosBoot.Plan;

/// <summary>The version of a system, from os-release(5).</summary>
/// <param name="name">IMAGE_ID, or ID: only versions of the same system can be compared.</param>
/// <param name="version">IMAGE_VERSION, or VERSION_ID; empty: it has none.</param>
public sealed class SystemRelease(string name, string version)
{
    public static SystemRelease Parse(ReadOnlySpan<byte> osRelease)
    {
        var lines = Encoding.UTF8.GetString(osRelease).Split('\n');
        var (image, imageVersion) = (Field(lines, "IMAGE_ID"), Field(lines, "IMAGE_VERSION"));
        return imageVersion.Length > 0 ? new(image.Length > 0 ? image : Field(lines, "ID"), imageVersion)
            : new(Field(lines, "ID"), Field(lines, "VERSION_ID"));
    }

    /// <summary>A sentence if one system is older than another one; null: it is not, or they cannot be compared.</summary>
    public static string? OlderThan(SystemRelease one, SystemRelease other) =>
        one.Name == other.Name && one.Version.Length > 0 && other.Version.Length > 0 && Compare(one.Version, other.Version) < 0
            ? $"the new image is older than the running system: {one.Name} {one.Version} instead of {other.Version}" : null;

    public string Name => name;

    public string Version => version;

    private static string Field(string[] lines, string name) =>
        lines.Select(line => line.Trim()).LastOrDefault(line => line.StartsWith(name + "=", StringComparison.Ordinal)) is { } line
            ? line[(name.Length + 1)..].Trim('"', '\'') : "";

    /// <summary>Compares runs of digits as numbers and other characters by their code.</summary>
    internal static int Compare(string one, string other)
    {
        int i = 0, j = 0;
        while (i < one.Length && j < other.Length)
        {
            var (left, right) = (Run(one, ref i), Run(other, ref j));
            var order = char.IsAsciiDigit(left[0]) && char.IsAsciiDigit(right[0])
                ? CompareNumbers(left.TrimStart('0'), right.TrimStart('0'))
                : string.CompareOrdinal(left, right);
            if (order != 0) return order;
        }

        return (one.Length - i).CompareTo(other.Length - j);
    }

    private static int CompareNumbers(string one, string other) =>
        one.Length != other.Length ? one.Length.CompareTo(other.Length) : string.CompareOrdinal(one, other);

    private static string Run(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]) == char.IsAsciiDigit(text[start])) at++;
        return text[start..at];
    }
}
