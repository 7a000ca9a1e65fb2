using KairosBoot.CloudConfig;
using KairosBoot.Image;
using KairosBoot.Plan;
using KairosBoot.Stages;

namespace KairosBoot.Cli;

/// <summary>
/// The stages around an upgrade, a reset or an installation, by their Kairos names, in the machine that changes. What fails in them is told and stops
/// nothing, as there: the machine is not to keep its old system because a hook has a mistake in it.
/// </summary>
internal sealed class LifecycleStages
{
    private readonly RunningMachine machine;
    private readonly string verb;
    private readonly CancellationToken interrupt;
    private readonly List<string> warnings = [];

    /// <summary>Runs those before it.</summary>
    /// <param name="machine">Whose cloud-configs they are.</param>
    /// <param name="verb"><c>upgrade</c>, <c>reset</c>, <c>install</c>.</param>
    /// <param name="interrupt">Ends it behind the program that runs when it comes.</param>
    internal LifecycleStages(RunningMachine machine, string verb, CancellationToken interrupt)
    {
        (this.machine, this.verb, this.interrupt) = (machine, verb, interrupt);
        Run($"kairos-{verb}.pre");
        Run($"before-{verb}");
    }

    /// <summary>What failed in them.</summary>
    internal IReadOnlyList<string> Warnings => warnings;

    /// <summary>Runs those behind it.</summary>
    internal void Complete()
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
                if (machine.Host.Length > 0)
                {
                    OtherRoot.Enter(machine.Host);
                }

                report = BootedStage.Run(stage, [.. SystemPaths.CloudConfigs.Select(ConfigSource.At)], "", new StageLogger(verbose: false), interrupt);
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
