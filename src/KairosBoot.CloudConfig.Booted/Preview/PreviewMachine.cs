namespace KairosBoot.CloudConfig.Booted;

/// <summary>A machine whose stage rootfs is previewed. Nothing of it is run or changed.</summary>
public sealed class PreviewMachine
{
    /// <summary>Top of the image's tree.</summary>
    public required string Root { get; init; }

    /// <summary>COS_OEM is mounted at /oem, over the image's own directory.</summary>
    public required bool HasOem { get; init; }

    /// <summary>Top of the tree of COS_OEM; null: it is empty.</summary>
    public required string? Oem { get; init; }

    /// <summary>The kernel command line.</summary>
    public required string CommandLine { get; init; }

    /// <summary>Path of the sentinel that says which slot runs.</summary>
    public required string Sentinel { get; init; }

    /// <summary>Go's name of the architecture; null: not known.</summary>
    public string? Architecture { get; init; }
}
