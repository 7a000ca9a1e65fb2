using KairosBoot.CloudConfig;
using KairosBoot.Plan;
using KairosBoot.Stages;

namespace KairosBoot.Cli;

/// <summary>Stages of cloud-configs around an installation, by the names that they have in Kairos: those of this system, and of the machine to be.</summary>
internal static class InstallStages
{
    private static readonly string[] Before = ["kairos-install.pre", "before-install"], After = ["after-install", "kairos-install.after"];

    /// <exception cref="OperatorException">Something was not done: nothing is written then.</exception>
    internal static void RunBefore(string[] documents, CancellationToken interrupt)
    {
        if (!Run(Before, documents, interrupt))
        {
            throw new OperatorException("a stage before the installation failed, nothing was written", "correct the cloud-config, or take the entry out");
        }
    }

    /// <summary>False: something was not done, which standard error has.</summary>
    internal static bool RunAfter(string[] documents, CancellationToken interrupt) => Run(After, documents, interrupt);

    private static bool Run(string[] stages, string[] documents, CancellationToken interrupt)
    {
        using var ending = interrupt.Register(RunningPrograms.End);
        IReadOnlyList<ConfigSource> sources = [.. SystemPaths.CloudConfigs.Concat(documents).Select(ConfigSource.At)];
        var logger = new StageLogger(verbose: false);
        return stages.All(stage => BootedStage.Run(stage, sources, "", logger, interrupt).Problems.All(problem => problem.IsWarning));
    }
}
