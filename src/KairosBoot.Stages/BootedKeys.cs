using KairosBoot.CloudConfig;

namespace KairosBoot.Stages;

/// <summary>The keys that need a network or a package manager: what the programs of the image are for, in a system that runs.</summary>
internal static class BootedKeys
{
    /// <summary>What they start may take long, but not for ever.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromHours(1);

    internal static EntryTable Table(TransferLimits limits) => new([DownloadsKey.Row(limits), GitKey.Row, PackagePinsKey.Row, PackagesKey.Row, UnpackImagesKey.Row]);
}
