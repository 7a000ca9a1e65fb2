using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Lifecycle;

/// <summary>The stages around an upgrade, a reset or an installation, by their Kairos names, in the machine that changes or installs.</summary>
/// <param name="verb"><c>upgrade</c>, <c>reset</c>, <c>install</c>.</param>
/// <param name="host">Where the root of the machine is mounted whose cloud-configs they are; empty: it is this one.</param>
/// <param name="documents">Cloud-configs besides those, as those of a machine to be.</param>
/// <param name="logger">For what the stages report.</param>
/// <param name="cancellationToken">Ends it behind the program that runs when it comes.</param>
public sealed class LifecycleStages(string verb, string host, IReadOnlyList<string> documents, ILogger logger, CancellationToken cancellationToken)
{
    private readonly List<string> warnings = [];

    /// <summary>What failed in them, which standard error has too.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    public void RunBefore()
    {
        Run($"kairos-{verb}.pre");
        Run($"before-{verb}");
    }

    public void RunAfter()
    {
        Run($"after-{verb}");
        Run($"kairos-{verb}.after");
    }

    private void Run(string stage)
    {
        StageReport? report = null;
        Exception? failure = null;
        // Another root is one of a thread's own.
        var thread = new Thread(() =>
        {
            try
            {
                using var ending = cancellationToken.Register(RunningPrograms.End);
                if (host.Length > 0) AlternateRoot.Enter(host);
                report = BootedStage.Run(stage, [.. SystemPaths.CloudConfigs.Concat(documents).Select(ConfigSource.At)], "", logger, cancellationToken);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        cancellationToken.ThrowIfCancellationRequested();
        warnings.AddRange(report?.Problems.Where(problem => !problem.IsWarning).Select(problem => $"{stage}: {problem.Text}") ?? [$"{stage}: {failure!.Message}"]);
    }
}
