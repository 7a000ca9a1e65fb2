using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>What the process of the stages reported about one stage.</summary>
/// <param name="Problems">All that it reported, at most <see cref="StageProtocol.MaxProblems"/>.</param>
internal sealed record StageOutcome(ImmutableArray<ConfigProblem> Problems)
{
    /// <summary>Largest resident size of the process; 0 where it ended before it reported it.</summary>
    public long PeakResidentKiB { get; init; }

    /// <summary>Time of the programs that the configs started.</summary>
    public long CommandMicroseconds { get; init; }

    /// <summary>True where a partition or a file system was created or grown, and where that is not known.</summary>
    public bool DisksChanged { get; init; }

    /// <summary>Volumes whose user-data the stage used.</summary>
    public ImmutableArray<UserDataMark> UserData { get; init; } = [];

    /// <summary>Set where the stage ended early.</summary>
    public string? Error { get; init; }
}
