using System.Collections.Immutable;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>The text of <c>kboot report</c>. What it shows of a machine is not cleaned: the printer does that.</summary>
public static class ReportText
{
    private const int MaxName = 90;

    /// <summary>One line: what was booted, why, how long it took, and whether it is good.</summary>
    /// <param name="boot">The report.</param>
    /// <param name="good">The boot's entry in the list of good boots; null: it has none.</param>
    public static string Verdict(ReportedBoot boot, GoodBoot? good)
    {
        var text = new StringBuilder($"{boot.Verdict}: {boot.Slot?.Name() ?? "unknown slot"}");
        var why = good?.Why ?? (boot.IsFallback ? "fallback" : boot.Why?.Name() ?? "");
        if (why.Length > 0) text.Append($" ({why}{(good?.Reason.Length > 0 ? ": " + good.Reason : "")})");
        if (boot.ImageId.Length > 0) text.Append($", image {BootCounter.IdOf(boot.ImageId)}");
        text.Append($", kernel {boot.Kernel}; kernel {Duration.Text(boot.KernelMicroseconds)} + kairos-boot ")
            .Append(Duration.Text(boot.StageMicroseconds));
        text.Append(good is null ? "; not marked good yet" : $" + system {Duration.Text(good.System * 1000)}; marked good");
        return text.Append($"; warnings: {boot.Warnings}").ToString();
    }

    /// <summary>The problems of a boot, one line each.</summary>
    public static IEnumerable<string> Problems(ReportedBoot boot) =>
        boot.Problems.Select(problem => $"{problem.Class}: {problem.Text}")
            .Concat(boot.Steps.Where(step => step.Result != "ok").Select(step => $"{step.Class}: {step.Summary}: {step.Error}"))
            .Concat(boot.ConfigProblems.Select(problem =>
                $"{(problem.IsWarning ? "warning" : "error")}: {problem.Place}: {problem.Reason}"));

    /// <summary>A table of the slowest parts of a boot.</summary>
    public static IEnumerable<string> Slowest(ImmutableArray<TimelineBar> slowest, ReportedBoot boot)
    {
        yield return "    duration  share  part";
        foreach (var bar in slowest)
        {
            var share = boot.TotalMicroseconds == 0 ? 0 : bar.Length * 100 / boot.TotalMicroseconds;
            yield return $"{Duration.Text(bar.Length),12}  {share,4}%  {Part(bar)}";
            if (bar.WaitsFor.Length > 0) yield return $"{"",21}waited for: {bar.WaitsFor}";
        }
    }

    /// <summary>A table of the phases.</summary>
    public static IEnumerable<string> Phases(ReportedBoot boot)
    {
        var start = boot.KernelMicroseconds;
        yield return "       start    duration  phase";
        yield return $"{Duration.Text(0),12}{Duration.Text(boot.KernelMicroseconds),12}  kernel";
        foreach (var (name, length) in boot.Phases)
        {
            yield return $"{Duration.Text(start),12}{Duration.Text(length),12}  {name}";
            start += length;
        }
    }

    /// <summary>A table of the last boots, the newest first.</summary>
    public static IEnumerable<string> Boots(ImmutableArray<BootListRow> rows)
    {
        yield return "time                     slot      result   kernel     initrd     system     why";
        foreach (var row in rows)
        {
            var time = row.Time is { } seconds ? FailureRecord.Utc(seconds) : "this boot";
            string Of(Func<GoodBoot, long> milliseconds) => row.Good is { } good ? Duration.Text(milliseconds(good) * 1000) : "-";
            yield return $"{time,-23}  {row.Slot?.Name() ?? "unknown",-8}  {row.Result,-7}  {Of(boot => boot.Kernel),-9}  "
                + $"{Of(boot => boot.Initrd),-9}  {Of(boot => boot.System),-9}  {row.Why}".TrimEnd();
        }
    }

    private static string Part(TimelineBar bar)
    {
        var name = bar.Kind switch
        {
            TimelineKind.Phase => $"phase {bar.Name}, outside its steps",
            TimelineKind.Entry => $"stage {bar.Name}",
            _ => bar.Name,
        };
        return name.Length <= MaxName ? name : name[..(MaxName - 3)] + "...";
    }
}
