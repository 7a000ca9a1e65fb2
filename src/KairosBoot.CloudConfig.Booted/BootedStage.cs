using Microsoft.Extensions.Logging;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>A stage run in a system that is up, or in a tree that its tools work on: with all keys, and with URLs.</summary>
public static class BootedStage
{
    /// <param name="stage">Its name; NAME.before and NAME.after run with it.</param>
    /// <param name="sources">In order.</param>
    /// <param name="commandLine">The kernel command line, for what it names and says; empty: it has no say.</param>
    /// <param name="logger">Gets each problem once, and the output of commands.</param>
    /// <param name="cancellationToken">Ends it by an <see cref="OperationCanceledException"/>, behind the program that runs when it comes.</param>
    public static StageReport Run(string stage, IReadOnlyList<ConfigSource> sources, string commandLine, ILogger logger, CancellationToken cancellationToken) =>
        Run(stage, sources, commandLine, logger, cancellationToken, TransferLimits.Production);

    internal static StageReport Run(
        string stage, IReadOnlyList<ConfigSource> sources, string commandLine, ILogger logger, CancellationToken cancellationToken, TransferLimits limits) =>
        new StageRunner(sources, new StageFacts(), logger, commandLine)
        {
            Table = BootedKeys.Table(limits),
            Fetch = (url, limit) => Transfer.Text(url, limit, limits, cancellationToken),
            CommandLimit = BootedKeys.ProgramLimit,
            CancellationToken = cancellationToken,
        }.Run(stage);
}
