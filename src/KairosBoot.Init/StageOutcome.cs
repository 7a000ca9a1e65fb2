using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>What PID 1 knows of a stage when its process has ended.</summary>
/// <param name="Problems">As many as the process said.</param>
internal sealed record StageOutcome(ImmutableArray<ConfigProblem> Problems)
{
    /// <summary>Largest resident size of the process; 0 where it did not get to say.</summary>
    public long PeakResidentKiB { get; init; }

    /// <summary>What the programs took that the configs had run.</summary>
    public long CommandMicroseconds { get; init; }

    /// <summary>True where a partition or a file system was made or grown, and where nobody can say.</summary>
    public bool DisksChanged { get; init; }

    /// <summary>Volumes whose user-data the stage used.</summary>
    public ImmutableArray<UserDataMark> UserData { get; init; } = [];

    /// <summary>Set where the stage as a whole did not run to its end.</summary>
    public string? Error { get; init; }
}
