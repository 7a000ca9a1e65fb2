using System.Collections.Immutable;
using System.Globalization;

namespace KairosBoot.Plan;

/// <summary>The time of a boot, from the start of the kernel to the start of init, as bars on one axis.</summary>
public static class Timeline
{
    // Lines of the boot log. A stage writes the first one at the start of each entry.
    private const string StageLine = "stage ", WaitLine = "waiting for ";

    /// <summary>
    /// The kernel, then each phase, followed by the steps and the cloud-config entries that began in it, in the order of their start. Steps
    /// of a report without start times are not among them.
    /// </summary>
    /// <param name="boot">The report.</param>
    /// <param name="log">The boot log; empty: no entries of stages.</param>
    public static ImmutableArray<TimelineBar> Of(ReportedBoot boot, string log)
    {
        var bars = ImmutableArray.CreateBuilder<TimelineBar>();
        bars.Add(new(TimelineKind.Kernel, "kernel", 0, boot.KernelMicroseconds, WaitReasons.Of(TimelineKind.Kernel, "kernel")));
        var lines = log.Split('\n').Select(TryReadLine).OfType<(long Time, string Level, string Text)>().ToList();
        var inner = Steps(boot).Concat(Entries(boot, lines)).OrderBy(bar => bar.Start).ToList();
        var start = boot.KernelMicroseconds;
        var next = 0;
        foreach (var (name, length) in boot.Phases)
        {
            bars.Add(new(TimelineKind.Phase, name, start, length, Missing(lines, start, start += length)
                ?? WaitReasons.Of(TimelineKind.Phase, name)));
            for (; next < inner.Count && inner[next].Start < start; next++) bars.Add(inner[next]);
        }

        for (; next < inner.Count; next++) bars.Add(inner[next]);
        return bars.ToImmutable();
    }

    /// <summary>The longest parts, the longest first. A phase counts only the time that no step and no entry in it has.</summary>
    /// <param name="bars">From <see cref="Of"/>.</param>
    /// <param name="boot">The report, for steps without a start time.</param>
    /// <param name="count">How many.</param>
    public static ImmutableArray<TimelineBar> Slowest(ImmutableArray<TimelineBar> bars, ReportedBoot boot, int count)
    {
        var parts = bars.Where(bar => bar.Kind != TimelineKind.Phase).ToList();
        var inner = parts.Where(bar => bar.Kind != TimelineKind.Kernel).ToList();
        parts.AddRange(boot.Steps.Where(step => step.Start == 0).Select(Bar));
        foreach (var phase in bars.Where(bar => bar.Kind == TimelineKind.Phase))
            parts.Add(phase with { Length = phase.Length - Covered(phase, inner) });
        return [.. parts.Where(part => part.Length > 0).OrderByDescending(part => part.Length).ThenBy(part => part.Start).Take(count)];
    }

    // Steps follow one another. Where they overlap, nothing is counted twice.
    private static long Covered(TimelineBar phase, List<TimelineBar> inner)
    {
        var (covered, from) = (0L, phase.Start);
        foreach (var bar in inner)
        {
            var (start, end) = (Math.Max(bar.Start, from), Math.Min(bar.End, phase.End));
            if (end <= start) continue;
            covered += end - start;
            from = end;
        }

        return covered;
    }

    private static IEnumerable<TimelineBar> Steps(ReportedBoot boot) => boot.Steps.Where(step => step.Start > 0).Select(Bar);

    private static TimelineBar Bar(ReportedStep step) =>
        new(TimelineKind.Step, NameOf(step.Summary), step.Start, step.Microseconds, WaitReasons.Of(TimelineKind.Step, step.Summary))
        {
            Problem = step.Result == "ok" ? null : $"{step.Result}: {step.Error}",
        };

    // Most steps create their mount point first, which says nothing.
    private static string NameOf(string command)
    {
        const string Create = "mkdir -p ", Then = " && ";
        return command.StartsWith(Create, StringComparison.Ordinal) && command.IndexOf(Then, StringComparison.Ordinal) is > 0 and var at
            && !command[..at].Contains(';') ? command[(at + Then.Length)..] : command;
    }

    // What a boot that waits for long says in its log.
    private static string? Missing(List<(long Time, string Level, string Text)> lines, long from, long to)
    {
        foreach (var (time, _, text) in lines)
        {
            if (time < from || time >= to || !text.StartsWith(WaitLine, StringComparison.Ordinal)) continue;
            return text.LastIndexOf(", ", StringComparison.Ordinal) is > 0 and var end ? text[WaitLine.Length..end] : null;
        }

        return null;
    }

    private static IEnumerable<TimelineBar> Entries(ReportedBoot boot, List<(long Time, string Level, string Text)> lines)
    {
        var starts = new List<(long Start, string Name)>();
        foreach (var (time, _, text) in lines)
        {
            if (!text.StartsWith(StageLine, StringComparison.Ordinal)) continue;
            if (!text.Contains(": skipped, ", StringComparison.Ordinal)) starts.Add((time, text[StageLine.Length..]));
        }

        for (var i = 0; i < starts.Count; i++)
        {
            var (start, name) = starts[i];
            if (PhaseEnd(boot, start) is not { } end) continue;
            // The next entry begins where this one ends; the last one ends with its stage.
            if (i + 1 < starts.Count) end = Math.Min(end, starts[i + 1].Start);
            if (end >= start) yield return new(TimelineKind.Entry, name, start, end - start, WaitReasons.Of(TimelineKind.Entry, name));
        }
    }

    private static long? PhaseEnd(ReportedBoot boot, long at)
    {
        var end = boot.KernelMicroseconds;
        foreach (var (_, length) in boot.Phases)
            if (at < (end += length)) return end;
        return null;
    }

    /// <summary>A line of the boot log: <c>[    1.204311] info  booting active</c>. Null: it is not one.</summary>
    public static (long Time, string Level, string Text)? TryReadLine(string line)
    {
        var end = line.IndexOf(']');
        if (end < 0 || end > 24 || line[0] != '[' || line.Length < end + 8) return null;
        return decimal.TryParse(line.AsSpan(1, end - 1), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite,
            CultureInfo.InvariantCulture, out var seconds) && seconds < 1_000_000
            ? ((long)(seconds * 1_000_000), line.Substring(end + 2, 5).Trim(), line[(end + 8)..]) : null;
    }
}
