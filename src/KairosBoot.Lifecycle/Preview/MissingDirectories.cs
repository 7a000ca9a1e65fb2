using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Directories that a planned boot mounts on and that a tree lacks.</summary>
internal static class MissingDirectories
{
    /// <param name="root">The tree.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="phases">The boot.</param>
    /// <param name="isAdded">True: a later build of the image adds the directory.</param>
    internal static IEnumerable<PlanProblem> In(string root, string name, ImmutableArray<PlannedPhase> phases, Predicate<string> isAdded) =>
        from needed in NeededDirectories.Of(phases)
        where !UntrustedTree.HasDirectory(root, needed.Path) && !isAdded(needed.Path)
        select new PlanProblem("", $"{name} has no directory {needed.Path}, which is a mount point",
            "add the directory when the image is built, or remove it from the layout",
            isWarning: needed.Class != StepClass.Required);
}
