using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Runs a stage in the booted system or in a tree, with all keys and with URLs.</summary>
public static class BootedStage
{
    /// <param name="stage">Name of the stage. NAME.before and NAME.after run, too.</param>
    /// <param name="sources">What it runs.</param>
    /// <param name="logger">Gets each problem once, and the output of commands.</param>
    /// <param name="cancellationToken">Ends the run with an <see cref="OperationCanceledException"/> after the running program.</param>
    public static StageReport Run(string stage, StageSources sources, MessageLog logger, CancellationToken cancellationToken) =>
        Run(stage, sources.Configs, sources.CommandLine, logger, cancellationToken, TransferLimits.Production);

    internal static StageReport Run(
        string stage, IReadOnlyList<ConfigSource> sources, string commandLine, MessageLog logger, CancellationToken cancellationToken,
            TransferLimits limits) =>
        new StageRunner(sources, new StageFacts(), logger, commandLine)
        {
            Table = BootedKeys.Table(limits),
            Fetch = (url, limit) => Transfer.Text(url, limit, limits, cancellationToken),
            CommandLimit = BootedKeys.ProgramLimit,
            CancellationToken = cancellationToken,
        }.Run(stage);
}
