using KairosBoot.Image;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// An upgrade or a reset, with the cloud-config stages before and after it. As in Kairos, an error in a stage is reported and does not stop
/// the
/// upgrade: a mistake in a hook must not keep a machine on its old system.
/// </summary>
/// <param name="target">The machine.</param>
/// <param name="logger">Gets what the stages report.</param>
/// <param name="progress">Gets the progress of the upgrade.</param>
/// <param name="endProgress">Called after the upgrade, before the stages after it.</param>
/// <param name="cancellationToken">Ends the work; before the switch, the system is unchanged.</param>
public sealed class UpgradeWithStages(TargetSystem target, MessageLog logger, ProgressReport progress, Action endProgress,
    CancellationToken cancellationToken)
{
    /// <returns>The result, and the errors of the stages, which do not run if the machine already has the image.</returns>
    /// <exception cref="OperatorException">As for
    /// <see cref="SystemUpgrade.Run(UpgradeRequest, TargetSystem, ProgressReport, CancellationToken)"/>.</exception>
    public (UpgradeResult Result, IReadOnlyList<string> Warnings) Upgrade(UpgradeRequest request) =>
        SystemUpgrade.FindExisting(request, target, cancellationToken) is { } existing ? (existing, [])
            : Run("upgrade", () => SystemUpgrade.Run(request, target, progress, cancellationToken));

    /// <summary>Stages an image. The stages before an upgrade run, unless nothing has to be written.</summary>
    /// <returns>As for an upgrade.</returns>
    /// <exception cref="OperatorException">As for an upgrade.</exception>
    public (UpgradeResult Result, IReadOnlyList<string> Warnings) Stage(UpgradeRequest request) =>
        SystemUpgrade.FindExisting(request, target, cancellationToken) is { } existing ? (existing, [])
            : Run("upgrade", () => SystemUpgrade.Stage(request, target, progress, cancellationToken),
                runsBefore: !StagedUpgrade.IsOf(request, target, cancellationToken), runsAfter: false);

    /// <summary>Switches to the staged image. The stages after an upgrade run.</summary>
    /// <returns>As for an upgrade.</returns>
    /// <exception cref="OperatorException">No image is staged, or the machine cannot switch to it.</exception>
    public (UpgradeResult Result, IReadOnlyList<string> Warnings) UpgradeToStaged(bool isRecovery) =>
        Run("upgrade", () => SystemUpgrade.RunStaged(isRecovery, target, progress, cancellationToken), runsBefore: false);

    /// <param name="request">The new system; null: the recovery image.</param>
    /// <param name="labels">Labels of partitions to erase.</param>
    /// <returns>The result, and the errors of the stages.</returns>
    /// <exception cref="OperatorException">The same as for a reset without stages.</exception>
    public (UpgradeResult Result, IReadOnlyList<string> Warnings) Reset(UpgradeRequest? request, IReadOnlyList<string> labels) =>
        Run("reset", () => SystemUpgrade.Reset(request, target, labels, progress, cancellationToken));

    private (UpgradeResult Result, IReadOnlyList<string> Warnings) Run(string verb, Func<UpgradeResult> change, bool runsBefore = true,
        bool runsAfter = true)
    {
        var stages = new LifecycleStages(verb, target.Host, [], logger, cancellationToken);
        if (runsBefore) stages.RunBefore();
        UpgradeResult result;
        try
        {
            result = change();
        }
        finally
        {
            endProgress();
        }

        if (runsAfter) stages.RunAfter();
        return (result, stages.Warnings);
    }
}
