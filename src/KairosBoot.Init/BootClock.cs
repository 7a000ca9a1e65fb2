using System.Collections.Immutable;
using KairosBoot.Linux;

namespace KairosBoot.Init;

/// <summary>The phases of the boot and how long each took, in microseconds of <see cref="Syscall.BootTimeMicroseconds"/>.</summary>
internal sealed class BootClock
{
    private readonly Watchdog watchdog;
    private readonly ImmutableArray<(string, long)>.Builder phases = ImmutableArray.CreateBuilder<(string, long)>();
    private long phaseStart, held;

    /// <param name="watchdog">Fed at the end of each phase: that is progress.</param>
    public BootClock(Watchdog watchdog)
    {
        this.watchdog = watchdog;
        Start = phaseStart = Syscall.BootTimeMicroseconds();
    }

    /// <summary>When PID 1 started.</summary>
    public long Start { get; }

    /// <summary>From the start of PID 1 to the end of the last phase.</summary>
    public long Elapsed => phaseStart - Start;

    public ImmutableArray<(string, long)> Phases => phases.ToImmutable();

    public long DeadlineAfter(TimeSpan time) => Start + held + (long)time.TotalMicroseconds;

    /// <summary>The time that operators held the boot up. Deadlines do not contain it.</summary>
    public long HeldSeconds => held / 1_000_000;

    /// <summary>An operator, or the wait for one, held the boot up for this time.</summary>
    public void Hold(long microseconds) => held += microseconds;

    /// <summary>Ends the phase that began where the last one ended.</summary>
    public void EndPhase(string name)
    {
        watchdog.Feed();
        var now = Syscall.BootTimeMicroseconds();
        phases.Add((name, now - phaseStart));
        phaseStart = now;
    }

    /// <summary>All time so far becomes one phase: that of the attempts that failed.</summary>
    public void EndAttempt()
    {
        EndPhase("given-up");
        phases.Clear();
        phases.Add(("given-up", Elapsed));
    }
}
