using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>What the failure of a mount of the layout means for the boot: a table, and the layout's own settings.</summary>
public sealed class MountClasses
{
    /// <summary>Lists of mount points in the layout files and the class that each gives them; the strictest one first.</summary>
    public static readonly ImmutableArray<(string Key, StepClass Class)> Keys =
        [("REQUIRED_PATHS", StepClass.Required), ("DEGRADED_PATHS", StepClass.Degraded), ("OPTIONAL_PATHS", StepClass.Optional)];

    /// <summary>Mounts whose class cannot be changed, and the reason.</summary>
    private static readonly ImmutableArray<(string Path, StepClass Class, string Reason)> Fixed =
    [
        ("/etc", StepClass.Required, "without it no system can be configured"),
        (SystemPaths.Persistent, StepClass.Required, "kairosboot.persistent= on the kernel command line decides it"),
        (SystemPaths.Oem, StepClass.Degraded, "it is mounted before the layout is read"),
    ];

    private readonly Dictionary<string, StepClass> chosen = [];

    /// <summary>Adds one list of a layout file. If several lists name a path, the strictest class wins in any order.</summary>
    /// <param name="stepClass">Class of all paths in the list.</param>
    /// <param name="paths">Normalised paths.</param>
    /// <param name="refused">Called with each path whose class is fixed, and the reason.</param>
    public void Choose(StepClass stepClass, IEnumerable<string> paths, Action<string, string> refused)
    {
        foreach (var path in paths)
        {
            if (FixedReason(path) is { } reason) refused(path, reason);
            else if (!chosen.TryGetValue(path, out var other) || stepClass < other) chosen[path] = stepClass;
        }
    }

    /// <summary>Degraded by default: a boot without the mount is better than none, but it must be reported.</summary>
    public StepClass Of(string path) => chosen.TryGetValue(path, out var stepClass) ? stepClass : ByTable(path);

    /// <summary>The class without a layout.</summary>
    public static StepClass ByTable(string path)
    {
        foreach (var row in Fixed)
            if (row.Path == path) return row.Class;
        return StepClass.Degraded;
    }

    private static string? FixedReason(string path)
    {
        foreach (var row in Fixed)
            if (row.Path == path) return row.Reason;
        return null;
    }
}
