using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Checks of <see cref="ReadinessChecks"/> that look at the image of a slot and at its cloud-configs.</summary>
internal static class ImageChecks
{
    internal static void Image(SlotUnderCheck slot, ReadinessFinding report)
    {
        if (slot.ImageProblem is { } problem) report(problem.Problem, problem.Fix, false);
        if (slot.Root is { } root && !UntrustedTree.Has(root, slot.Request.Init))
            report($"the image has no program {slot.Request.Init}", "set init= to a program of the image", false);
    }

    internal static void MountPoints(SlotUnderCheck slot, ReadinessFinding report)
    {
        if (slot.Root is not { } root) return;
        foreach (var problem in MissingDirectories.In(root, "the image", slot.Phases, _ => false))
            report(problem.Problem, problem.Fix, problem.IsWarning);
    }

    internal static void Configs(SlotUnderCheck slot, ReadinessFinding report)
    {
        foreach (var problem in PreviewProblems.Of(slot.Request, slot.Stage, slot.Layout))
            report(problem.Text, problem.Fix, problem.IsWarning);
    }

    internal static void GoodReport(SlotUnderCheck slot, ReadinessFinding report)
    {
        var location = slot.Node.Location;
        if (slot.Root is not { } root || slot.Request.Slot == Slot.Recovery || location.HasNoCounters) return;
        var id = location.ImageIn(slot.Request.Slot);
        if (UntrustedTree.Has(root, SystemPaths.Unassessed)
            || id is not null && Syscall.TryStat($"{location.Directory}{SystemPaths.UnassessedImages}/{id}") is not null)
        {
            return;
        }

        var found = ReporterCheck.Find(root, slot.Node.Configs);
        if (found.Problem is { } problem)
        {
            report($"{problem}: after {BootCounter.Full} boots the slot is skipped",
                "enable a service that runs kboot assess good when the system is healthy, or upgrade with --no-assessment",
                found.Init == InitKind.Unknown);
        }
    }
}
