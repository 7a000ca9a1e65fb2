namespace KairosBoot.Image;

/// <summary>What to make a disk of.</summary>
/// <param name="Image">The OS image: active and passive.</param>
/// <param name="Recovery">The recovery image; null: the OS image.</param>
/// <param name="CloudConfigs">Documents for COS_OEM, in order.</param>
/// <param name="SizeBytes">Of the disk; null: what the content needs and some room for data. A device has its own.</param>
/// <param name="KernelArguments">The machine's own, for every slot: the first of <c>kboot kargs</c>.</param>
public sealed record DiskRequest(string Image, string? Recovery, IReadOnlyList<string> CloudConfigs, long? SizeBytes, string KernelArguments)
{
    public DiskSizes Sizes { get; init; } = new();

    /// <summary>What the GUIDs of a disk that is built follow from; null: its inputs. An installation has random ones.</summary>
    public string? Seed { get; init; }

    /// <summary>Bytes of an image; of what a link leads to, as its own length is that of a path. 0 where there is none.</summary>
    public static long Size(string image) =>
        new FileInfo(File.ResolveLinkTarget(image, returnFinalTarget: true)?.FullName ?? image) is { Exists: true, Length: var length } ? length : 0;
}
