using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>The clock of the machine.</summary>
internal static class Clock
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <param name="step">What is known to have passed.</param>
    /// <param name="note">A sentence if the clock was set, or a volume has a wrong time; else null.</param>
    internal static void Set(SetClock step, out string? note)
    {
        (var time, note) = step.Decide(Syscall.UnixTimeSeconds(), TimeOfImage(step.Root));
        if (time is { } seconds) Syscall.SetUnixTime(seconds);
    }

    private static long TimeOfImage(string root)
    {
        foreach (var path in SetClock.Epochs)
        {
            // A time before 1970 is no time of an image.
            if (Syscall.TryStatInRoot(root, path) is { } status) return Math.Max(0, status.MTimeNs / NanosecondsPerSecond);
        }
        return 0;
    }
}
