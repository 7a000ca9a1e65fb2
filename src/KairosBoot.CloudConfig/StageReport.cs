using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>The result of a stage.</summary>
/// <param name="Problems">In the order in which they occurred.</param>
/// <param name="EntriesRun">Entries whose conditions held.</param>
/// <param name="EntriesSkipped">Entries with a condition that did not hold.</param>
/// <param name="CommandMicroseconds">Total run time of the programs that the configs started.</param>
public sealed record StageReport(ImmutableArray<StageProblem> Problems, int EntriesRun, int EntriesSkipped, long CommandMicroseconds)
{
    /// <summary>Partitions or file systems have changed: what is known about the disks is out of date.</summary>
    public bool DisksChanged { get; init; }

    /// <summary>Volumes whose user-data was used.</summary>
    public ImmutableArray<UserDataMark> UserData { get; init; } = [];
}
