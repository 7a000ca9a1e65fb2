using KairosBoot.Image;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// A new image for active must have something that marks its boots good. Otherwise each boot of it would be counted as a failed one, until
/// the machine returns to the old image.
/// </summary>
/// <param name="request">The upgrade. An image for recovery needs nothing.</param>
/// <param name="machine">The machine, whose own cloud-configs may do it.</param>
/// <param name="isReset">The upgrade is a reset, which must not leave a machine without a system: kairos-boot marks such an image
/// good.</param>
internal sealed class ReporterRule(UpgradeRequest request, TargetSystem machine, bool isReset)
{
    private GoodReporter? found;

    /// <summary>kairos-boot marks the boots of the image good when it starts init.</summary>
    internal bool IsUnassessed { get; private set; } = request.WithoutAssessment;

    /// <summary>Sentences about the image.</summary>
    internal List<string> Warnings { get; } = [];

    /// <summary>Checks the image once; later calls do nothing.</summary>
    /// <param name="image">The file.</param>
    /// <param name="name">Its name in messages.</param>
    /// <exception cref="OperatorException">Nothing would mark a boot of it good.</exception>
    internal void Check(string image, string name) => Check(name, () => ReporterCheck.FindInImage(image, Configs));

    /// <summary>As for an image, for a tree and what a build would add to it.</summary>
    internal void CheckTree(string root, IReadOnlyList<TreeAddition> additions) =>
        Check(root, () => ReporterCheck.Find(root, additions, Configs));

    // Without a running image, the machine is not this one: its configs are on a partition that is not mounted here.
    private IEnumerable<(string Name, string Text)> Configs =>
        machine.RunningImage is null ? [] : ReporterCheck.ConfigsOfMachine(machine.Host);

    private void Check(string name, Func<GoodReporter> find)
    {
        // Without counters, no boot is counted as a failed one.
        if (KairosMenu.IsWithoutCounters(machine.State.Path)) return;
        if (request.IsRecovery || IsUnassessed || found is not null) return;
        found = find();
        if (found.Problem is not { } problem) return;
        if (found.Init == InitKind.Unknown)
        {
            Warnings.Add($"{name}: {problem}. If nothing marks its boots good, the machine returns to the old image after three boots");
        }
        else if (isReset)
        {
            IsUnassessed = true;
            Warnings.Add($"{name}: {problem}. kairos-boot marks its boots good when it starts init");
        }
        else
        {
            throw new OperatorException(
                $"no boot of {name} would be marked good: {problem}; after three boots, the machine would return to the old image",
                "start a service in the image that runs kboot assess good when the system is healthy; or add --no-assessment: " +
                "kairos-boot then marks each boot good when it starts init");
        }
    }
}
