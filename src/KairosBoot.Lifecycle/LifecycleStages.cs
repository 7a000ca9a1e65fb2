using KairosBoot.CloudConfig.Booted;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The stages before and after an upgrade, a reset or an installation, with the names that they have in Kairos.</summary>
/// <param name="verb"><c>upgrade</c>, <c>reset</c>, <c>install</c>.</param>
/// <param name="host">Mount point of the root of the machine whose cloud-configs run; empty: this system's root.</param>
/// <param name="documents">Cloud-configs that run in addition, such as those of a machine that is installed.</param>
/// <param name="logger">Gets what the stages report.</param>
/// <param name="cancellationToken">Ends a stage, together with the program that it is running.</param>
public sealed class LifecycleStages(string verb, string host, IReadOnlyList<string> documents, MessageLog logger,
    CancellationToken cancellationToken)
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
        try
        {
            OwnThread.Run(() =>
            {
                using var ending = cancellationToken.Register(RunningPrograms.End);
                if (host.Length > 0) AlternateRoot.Enter(host);
                var report = BootedStage.Run(stage, StageSources.WithDocuments(documents), logger, cancellationToken);
                warnings.AddRange(report.Problems.Where(problem => !problem.IsWarning).Select(problem => $"{stage}: {problem.Text}"));
            });
        }
        catch (Exception e) when (e is SyscallException or OperatorException or FormatException)
        {
            warnings.Add($"{stage}: {e.Message}");
        }
        cancellationToken.ThrowIfCancellationRequested();
    }
}
