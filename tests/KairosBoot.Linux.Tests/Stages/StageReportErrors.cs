using KairosBoot.CloudConfig;

namespace KairosBoot.Linux.Tests.Stages;

internal static class StageReportErrors
{
    /// <summary>The problems without warnings. Each http URL gives a warning.</summary>
    internal static StageProblem[] Errors(this StageReport report) => [.. report.Problems.Where(problem => !problem.IsWarning)];
}
