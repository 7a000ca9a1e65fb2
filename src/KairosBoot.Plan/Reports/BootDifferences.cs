using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>What differs in a boot from the usual ones.</summary>
public static class BootDifferences
{
    /// <summary>So many good boots at least are needed, and the last ones are compared.</summary>
    private const int MinBoots = 3, MaxBoots = 10;

    // A part is slower if it takes more than one and a half times as long, and a person could notice it.
    private const double Factor = 1.5;
    private const long MinMilliseconds = 100;

    /// <summary>What the rules compare.</summary>
    /// <param name="Now">The boot.</param>
    /// <param name="Report">Its report.</param>
    /// <param name="Usual">Good boots like it.</param>
    /// <param name="All">All good boots before it.</param>
    private sealed record Comparison(GoodBoot Now, ReportedBoot Report, List<GoodBoot> Usual, List<GoodBoot> All);

    private static readonly (string Name, Func<Comparison, IEnumerable<string>> Find)[] Rules =
    [
        ("another slot", boots => boots.All.TakeLast(MinBoots).All(boot => boot.Slot != boots.Now.Slot)
            ? [$"slot {boots.Now.Slot.Name()}, before it {boots.All[^1].Slot.Name()}"] : []),
        ("a fallback", boots => boots.Now.Why != "fallback" ? []
            : [boots.Now.Reason.Length > 0 ? $"a fallback: {boots.Now.Reason}" : "a fallback"]),
        ("a slow kernel", boots => Slower("the kernel", boots.Now.Kernel, boots.Usual.Select(boot => boot.Kernel))),
        ("a slow phase", boots => boots.Now.Phases.SelectMany(phase => Slower($"phase {phase.Name}", phase.Milliseconds,
            boots.Usual.SelectMany(boot => boot.Phases).Where(other => other.Name == phase.Name).Select(other => other.Milliseconds)))),
        ("a slow system", boots => Slower("the system, until it was good,", boots.Now.System, boots.Usual.Select(boot => boot.System))),
        ("more warnings", boots => boots.Now.Warnings > Median(boots.Usual.Select(boot => (long)boot.Warnings))
            ? [$"warnings: {boots.Now.Warnings}, usually {Median(boots.Usual.Select(boot => (long)boot.Warnings))}"] : []),
        ("a new step", boots => boots.Usual.All(boot => boot.Steps.IsEmpty) ? [] : boots.Report.Steps
            .Where(step => !boots.Usual.Any(boot => boot.Steps.Contains(StepMark.Of(step.Summary))))
            .Select(step => $"new step: {step.Summary}")),
        ("lost tries", boots => boots.Now.Lost > 0 ? [$"boots of this slot lost just before it: {boots.Now.Lost}"] : []),
    ];

    /// <summary>A sentence for each difference; null: too few good boots are known.</summary>
    /// <param name="now">The boot as its entry would be. A system time of 0: not marked good yet.</param>
    /// <param name="report">The boot's report.</param>
    /// <param name="known">All good boots before it, the oldest first.</param>
    public static ImmutableArray<string>? Find(GoodBoot now, ReportedBoot report, IReadOnlyList<GoodBoot> known)
    {
        var earlier = known.Where(boot => boot.BootId != now.BootId).ToList();
        if (Usual(now, earlier) is not { } usual) return null;
        var boots = new Comparison(now, report, usual, earlier);
        return [.. Rules.SelectMany(rule => rule.Find(boots))];
    }

    // An image starts like itself. A new image is compared with the last boots of the slot, and a rare slot with all.
    private static List<GoodBoot>? Usual(GoodBoot now, List<GoodBoot> earlier)
    {
        foreach (var candidates in (IEnumerable<GoodBoot>[])[
            earlier.Where(boot => boot.Image == now.Image && boot.Image.Length > 0 && boot.Slot == now.Slot),
            earlier.Where(boot => boot.Slot == now.Slot), earlier])
        {
            List<GoodBoot> last = [.. candidates.TakeLast(MaxBoots)];
            if (last.Count >= MinBoots) return last;
        }

        return null;
    }

    private static IEnumerable<string> Slower(string what, long now, IEnumerable<long> before)
    {
        List<long> known = [.. before];
        if (known.Count == 0) yield break;
        var usual = Median(known);
        if (now > usual * Factor && now - usual > MinMilliseconds)
            yield return $"{what} took {Duration.Text(now * 1000)}, usually {Duration.Text(usual * 1000)}";
    }

    private static long Median(IEnumerable<long> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? 0 : sorted[sorted.Count / 2];
    }
}
