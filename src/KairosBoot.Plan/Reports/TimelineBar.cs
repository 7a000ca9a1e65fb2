namespace KairosBoot.Plan;

/// <summary>What a part of a boot's time belongs to.</summary>
public enum TimelineKind
{
    /// <summary>The kernel, until it started kairos-boot.</summary>
    Kernel,
    /// <summary>A phase of kairos-boot.</summary>
    Phase,
    /// <summary>A step of a plan: a mount, an overlay, a file.</summary>
    Step,
    /// <summary>An entry of a cloud-config stage.</summary>
    Entry,
}

/// <summary>A part of a boot's time.</summary>
/// <param name="Kind">What it belongs to.</param>
/// <param name="Name">Name of the phase, command of the step, or file and name of the entry.</param>
/// <param name="Start">Microseconds since the start of the kernel.</param>
/// <param name="Length">Microseconds.</param>
/// <param name="WaitsFor">What passed the time; empty: its name says it.</param>
public sealed record TimelineBar(TimelineKind Kind, string Name, long Start, long Length, string WaitsFor)
{
    public long End => Start + Length;

    /// <summary>The result of a step that was not ok; null: it was.</summary>
    public string? Problem { get; init; }
}
