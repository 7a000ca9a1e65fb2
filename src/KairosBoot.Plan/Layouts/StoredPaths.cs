using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// What is lost with the volume that holds the stores of persistent paths. The message about the volume names it, so that one cause gives
/// one message and not one for each path.
/// </summary>
public static class StoredPaths
{
    // A line of the log, not a list of everything.
    private const int MaxNames = 8;

    /// <summary>Path of the volume of the layout that holds the stores; null: they are not on a volume.</summary>
    public static string? VolumeOf(Layout layout)
    {
        string? holder = null;
        foreach (var volume in layout.Volumes)
        {
            if (MountPath.IsInside(layout.PersistentStateTarget, volume.Path) && volume.Path.Length > (holder?.Length ?? 0))
                holder = volume.Path;
        }

        return holder;
    }

    /// <summary>The end of a message about a volume: which paths do not persist without it. Empty: it holds no stores.</summary>
    public static string Lost(Layout layout, string volume)
    {
        var paths = layout.PersistentStatePaths;
        if (paths.IsEmpty || VolumeOf(layout) != volume) return "";
        var text = new StringBuilder("; not persistent without it: ");
        for (var at = 0; at < paths.Length && at < MaxNames; at++) text.Append(at == 0 ? "" : ", ").Append(paths[at]);
        if (paths.Length > MaxNames) text.Append(" and ").Append((paths.Length - MaxNames).ToString()).Append(" more");
        return text.ToString();
    }

    /// <summary>True: the volume with the stores of a step is not mounted, or is read-only, and a message about it has named the
    /// paths.</summary>
    /// <param name="step">A step that may need a store.</param>
    /// <param name="results">The steps before it.</param>
    public static bool AreLost(Step step, IReadOnlyList<StepResult> results)
    {
        if (step.StoreVolume is not { } volume) return false;
        foreach (var result in results)
            if (result.Mount is { } mount && mount.Target == volume) return mount.ReadOnly;
        return true;
    }
}
