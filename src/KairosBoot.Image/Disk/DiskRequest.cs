namespace KairosBoot.Image;

/// <summary>What to put on a disk.</summary>
/// <param name="Image">The OS image: active and passive.</param>
/// <param name="Recovery">The recovery image; null: the OS image.</param>
/// <param name="CloudConfigs">Documents for COS_OEM, in order.</param>
/// <param name="SizeBytes">Of the disk; null: what the content needs and some room for data.</param>
/// <param name="KernelArguments">Added to every entry's command line.</param>
public sealed record DiskRequest(string Image, string? Recovery, IReadOnlyList<string> CloudConfigs, long? SizeBytes, string KernelArguments);
