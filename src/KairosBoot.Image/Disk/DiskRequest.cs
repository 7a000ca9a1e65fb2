namespace KairosBoot.Image;

/// <summary>The content of a disk.</summary>
/// <param name="Image">The OS image, for active and passive.</param>
/// <param name="Recovery">The recovery image; null: the OS image.</param>
/// <param name="CloudConfigs">Documents for COS_OEM, in order.</param>
/// <param name="SizeBytes">Size of the disk; null: what the content needs, with space for data. Ignored for a device.</param>
/// <param name="KernelArguments">The machine's kernel arguments for all slots, as <c>kboot kargs</c> shows them.</param>
public sealed record DiskRequest(string Image, string? Recovery, IReadOnlyList<string> CloudConfigs, long? SizeBytes,
    string KernelArguments)
{
    public DiskSizes Sizes { get; init; } = new();

    /// <summary>Seed of the GUIDs of a built disk; null: its inputs. An installation uses random GUIDs.</summary>
    public string? Seed { get; init; }

    /// <summary>Bytes of a sector of a built disk: 512 or 4096. A device has its own.</summary>
    public int SectorSize { get; init; } = 512;

    /// <summary>Size of an image in bytes, through links; 0 if it does not exist.</summary>
    public static long Size(string image) => HostFile.Size(image);
}
