using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Lifecycle;

/// <summary>The stages before and after an upgrade, a reset or an installation, with the names that they have in Kairos.</summary>
/// <param name="verb"><c>upgrade</c>, <c>reset</c>, <c>install</c>.</param>
/// <param name="host">Mount point of the root of the machine whose cloud-configs run; empty: this system's root.</param>
/// <param name="documents">Cloud-configs that run in addition, such as those of a machine that is installed.</param>
/// <param name="logger">Gets what the stages report.</param>
/// <param name="cancellationToken">Ends a stage, together with the program that it is running.</param>
public sealed class LifecycleStages(string verb, string host, IReadOnlyList<string> documents, ILogger logger, CancellationToken cancellationToken)
{
    private readonly List<string> warnings = [];

    /// <summary>The errors of the stages, which the logger gets too.</summary>
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
        // The change of the root directory must affect one thread only.
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
