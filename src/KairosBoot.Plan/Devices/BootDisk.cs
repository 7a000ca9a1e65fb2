namespace KairosBoot.Plan;

/// <summary>The partitions a boot starts from.</summary>
/// <param name="Disk">Name of the whole disk.</param>
/// <param name="Images">Partition that holds the image of the slot.</param>
/// <param name="Oem">Null: none there, or none wanted.</param>
public sealed record BootDisk(string Disk, BlockDevice Images, BlockDevice? Oem)
{
    /// <summary>Why there is none, where one was wanted and there is more than that to say.</summary>
    public string? OemProblem { get; init; }
}
