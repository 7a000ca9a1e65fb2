using KairosBoot.CloudConfig;
using KairosBoot.Plan;
using KairosBoot.Stages;

namespace KairosBoot.Cli;

/// <summary>The stages around an upgrade, a reset or an installation, by their Kairos names, in the machine that changes or installs.</summary>
/// <param name="verb"><c>upgrade</c>, <c>reset</c>, <c>install</c>.</param>
/// <param name="host">Where the root of the machine is mounted whose cloud-configs they are; empty: it is this one.</param>
/// <param name="documents">Cloud-configs besides those, as those of a machine to be.</param>
/// <param name="interrupt">Ends it behind the program that runs when it comes.</param>
internal sealed class LifecycleStages(string verb, string host, IReadOnlyList<string> documents, CancellationToken interrupt)
{
    private readonly List<string> warnings = [];

    /// <summary>What failed in them, which standard error has too.</summary>
    internal IReadOnlyList<string> Warnings => warnings;

    internal void RunBefore()
    {
        Run($"kairos-{verb}.pre");
        Run($"before-{verb}");
    }

    internal void RunAfter()
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
                using var ending = interrupt.Register(RunningPrograms.End);
                if (host.Length > 0)
                {
                    OtherRoot.Enter(host);
                }

                report = BootedStage.Run(stage, [.. SystemPaths.CloudConfigs.Concat(documents).Select(ConfigSource.At)], "", new StageLogger(verbose: false), interrupt);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        interrupt.ThrowIfCancellationRequested();
        warnings.AddRange(report?.Problems.Where(problem => !problem.IsWarning).Select(problem => $"{stage}: {ProblemOutput.Text(problem)}") ?? [$"{stage}: {failure!.Message}"]);
    }
}
