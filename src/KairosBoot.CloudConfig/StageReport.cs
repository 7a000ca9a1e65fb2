using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>How a stage went.</summary>
/// <param name="Problems">In the order they were met.</param>
/// <param name="EntriesRun">Entries whose conditions held.</param>
/// <param name="EntriesSkipped">Entries one of whose conditions did not hold.</param>
/// <param name="CommandMicroseconds">What the programs took that the configs had run, from their start to their end.</param>
public sealed record StageReport(ImmutableArray<StageProblem> Problems, int EntriesRun, int EntriesSkipped, long CommandMicroseconds)
{
    /// <summary>Partitions or file systems are not what they were before: whoever knows the disks must look at them again.</summary>
    public bool DisksChanged { get; init; }

    /// <summary>Volumes whose user-data was used.</summary>
    public ImmutableArray<UserDataMark> UserData { get; init; } = [];
}
