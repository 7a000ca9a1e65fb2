using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// The directories that a planned boot mounts on and cannot create: the image is read-only. A mount below another mount is created there.
/// </summary>
public static class NeededDirectories
{
    /// <summary>Absolute paths in the image, in the order of the plan, with the class of the step that needs each.</summary>
    public static ImmutableArray<(string Path, StepClass Class)> Of(ImmutableArray<PlannedPhase> phases)
    {
        var (needed, mounted) = (ImmutableArray.CreateBuilder<(string, StepClass)>(), new List<string>());
        foreach (var phase in phases)
        {
            foreach (var act in phase.Acts)
            {
                if (act.Step is not { Mount.Target: var target } step || !MountPath.IsInside(target, SystemPaths.Sysroot)) continue;
                var path = SystemPaths.InNewRoot(target);
                if (path == "/" || mounted.Contains(path)) continue;
                if (!mounted.Exists(other => MountPath.IsInside(path, other))) needed.Add((path, step.Class));
                mounted.Add(path);
            }
        }

        foreach (var path in ApiFileSystems.Moved) needed.Add((path, StepClass.Required));
        return needed.ToImmutable();
    }
}
