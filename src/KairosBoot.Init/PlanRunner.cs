using System.Collections.Immutable;
using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Applies plans and records each step.</summary>
internal sealed class PlanRunner(StepExecutor executor, BootRecord record, Watchdog watchdog)
{
    /// <exception cref="StepFailedException">A required step failed; the steps after it were not tried.</exception>
    public void Apply(ImmutableArray<Step> plan)
    {
        using var binds = new StoreBinds();
        foreach (var step in plan)
        {
            record.Add(executor.Apply(step, binds, record.Steps));
            watchdog.Feed();
        }
    }
}
