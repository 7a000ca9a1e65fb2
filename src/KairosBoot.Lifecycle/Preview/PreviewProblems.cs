using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>What is wrong with the inputs of a planned boot: its kernel command line, its cloud-configs, its layout files.</summary>
internal static class PreviewProblems
{
    internal static IEnumerable<PlanProblem> Of(BootRequest request, StagePreview? stage, Layout? layout)
    {
        if (request.Unsupported is { } unsupported) yield return new("", unsupported.Problem, unsupported.Fix, isWarning: false);
        foreach (var warning in request.Warnings)
            yield return new("command line", warning, "correct the option: docs/kernel-options.md", isWarning: true);
        foreach (var fault in stage?.Problems ?? [])
            yield return new("", fault.Text, "correct the cloud-config; kboot lint checks all of it", isWarning: true);
        foreach (var problem in layout?.Problems ?? [])
            yield return new("layout", problem, "correct the entry in the cloud-config that writes the file", isWarning: true);
    }
}
