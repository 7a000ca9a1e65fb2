using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>What it means for the boot when a mount of the layout cannot be made: a table, and what the layout says otherwise.</summary>
public sealed class MountClasses
{
    /// <summary>Lists of mount points in the layout files, each with the class it gives them; the strictest one first.</summary>
    public static readonly ImmutableArray<(string Key, StepClass Class)> Keys =
        [("REQUIRED_PATHS", StepClass.Required), ("DEGRADED_PATHS", StepClass.Degraded), ("OPTIONAL_PATHS", StepClass.Optional)];

    /// <summary>Mounts whose class is nobody's choice, and why.</summary>
    private static readonly ImmutableArray<(string Path, StepClass Class, string Reason)> Fixed =
    [
        ("/etc", StepClass.Required, "without it no system can be configured"),
        (SystemPaths.Persistent, StepClass.Required, "what its loss means is said by kairosboot.persistent= on the command line"),
        (SystemPaths.Oem, StepClass.Degraded, "it is mounted before the layout is read"),
    ];

    private readonly Dictionary<string, StepClass> chosen = [];

    /// <summary>Takes one list of a layout file. Where several name a path, the strictest class holds, whatever their order.</summary>
    /// <param name="stepClass">Of all paths in it.</param>
    /// <param name="paths">Normal paths.</param>
    /// <param name="refused">Called with each path whose class is fixed, and why.</param>
    public void Choose(StepClass stepClass, IEnumerable<string> paths, Action<string, string> refused)
    {
        foreach (var path in paths)
        {
            if (FixedReason(path) is { } reason) refused(path, reason);
            else if (!chosen.TryGetValue(path, out var other) || stepClass < other) chosen[path] = stepClass;
        }
    }

    /// <summary>Degraded where nothing else is said: a boot without it is better than none, but never a quiet one.</summary>
    public StepClass Of(string path) => chosen.TryGetValue(path, out var stepClass) ? stepClass : ByTable(path);

    /// <summary>The same where no layout says anything.</summary>
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
