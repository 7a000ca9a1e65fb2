using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>A boot in the list of the last boots.</summary>
/// <param name="Time">When it was marked good or failed, seconds since 1970; null: the running boot.</param>
/// <param name="Slot">Null: it failed before it read its command line.</param>
/// <param name="Result"><c>good</c>, <c>failed</c>, <c>running</c>.</param>
/// <param name="Why">Why this slot was booted, and the reason of a fallback; of a failed boot: what failed.</param>
public sealed record BootListRow(long? Time, Slot? Slot, string Result, string Why)
{
    /// <summary>Of a good boot: the entry.</summary>
    public GoodBoot? Good { get; init; }

    /// <summary>Good and failed boots by their time, the newest first.</summary>
    /// <param name="good">From the list of good boots.</param>
    /// <param name="failed">Failed boots; one that is known twice is listed once.</param>
    /// <param name="running">The running boot, if it is not marked good yet.</param>
    public static ImmutableArray<BootListRow> Merge(IEnumerable<GoodBoot> good, IEnumerable<FailureRecord> failed, ReportedBoot? running)
    {
        var rows = good.Select(boot => new BootListRow(boot.Time, boot.Slot, "good", WhyOf(boot)) { Good = boot })
            .Concat(failed.DistinctBy(record => (record.BootId, record.Time, record.Problem)).Select(record =>
                new BootListRow(record.Time, record.Slot, "failed", FirstLine(record.Problem))))
            .OrderByDescending(row => row.Time);
        IEnumerable<BootListRow> first = running is null ? []
            : [new(null, running.Slot, "running", (running.IsFallback ? "fallback" : running.Why?.Name() ?? "") + ", not marked good yet")];
        return [.. first.Concat(rows).Take(GoodBootFile.MaxBoots)];
    }

    private static string WhyOf(GoodBoot boot)
    {
        var why = boot.Reason.Length > 0 ? $"{boot.Why}: {boot.Reason}" : boot.Why;
        return boot.Lost == 0 ? why : $"{why}; {boot.Lost} {(boot.Lost == 1 ? "try" : "tries")} lost before";
    }

    private static string FirstLine(string text) => text.IndexOf('\n') is var end and >= 0 ? text[..end] : text;
}
