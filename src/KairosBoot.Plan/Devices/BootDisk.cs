namespace KairosBoot.Plan;

/// <summary>The partitions that a boot uses.</summary>
/// <param name="Disk">Name of the whole disk.</param>
/// <param name="Images">Partition with the image of the slot.</param>
/// <param name="Oem">Null: not found, or not requested.</param>
public sealed record BootDisk(string Disk, BlockDevice Images, BlockDevice? Oem)
{
    /// <summary>Why no OEM partition is mounted although one was requested, if the reason is not only that it is missing.</summary>
    public string? OemProblem { get; init; }
}
