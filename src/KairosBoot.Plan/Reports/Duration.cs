using System.Globalization;

namespace KairosBoot.Plan;

/// <summary>Times for a person.</summary>
public static class Duration
{
    /// <summary><c>950 us</c>, <c>12.3 ms</c>, <c>1.204 s</c>, <c>2 min 5 s</c>.</summary>
    public static string Text(long microseconds) => microseconds switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds} us"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1000.0:0.0} ms"),
        < 60_000_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000_000.0:0.000} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 60_000_000} min {microseconds / 1_000_000 % 60} s"),
    };
}
