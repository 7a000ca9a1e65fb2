using KairosBoot.CloudConfig;

namespace KairosBoot.Linux.Tests.Stages;

internal static class StageReportErrors
{
    /// <summary>The problems without the warnings: each plain http URL has one.</summary>
    internal static StageProblem[] Errors(this StageReport report) => [.. report.Problems.Where(problem => !problem.IsWarning)];
}
