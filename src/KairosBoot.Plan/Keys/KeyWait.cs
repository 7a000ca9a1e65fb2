namespace KairosBoot.Plan;

/// <summary>
/// How long a screen waits. Without keys for the time that it shows. ESC ESC and each key start <see cref="ExtensionMicroseconds"/>, but
/// all waits of a boot together are prolonged to at most <see cref="MaxMicroseconds"/>, also if bytes never stop arriving.
/// </summary>
/// <param name="start">When the wait starts, in microseconds.</param>
/// <param name="shown">The time that the screen shows.</param>
/// <param name="waited">The time of earlier waits of this boot.</param>
public sealed class KeyWait(long start, long shown, long waited)
{
    public const int ExtensionSeconds = 120;
    public const string Extension = "120";
    public const long ExtensionMicroseconds = ExtensionSeconds * 1_000_000L, MaxMicroseconds = 15 * 60 * 1_000_000L;

    private long limit = start + MaxMicroseconds - waited;

    public long End { get; private set; } = start + shown;

    /// <summary>ESC ESC or a key.</summary>
    public void Extend(long now) => End = Math.Max(End, Math.Min(now + ExtensionMicroseconds, limit));

    /// <summary>A shell was open for this time, which has its own limit.</summary>
    public void Shift(long time) => (limit, End) = (limit + time, End + time);
}
