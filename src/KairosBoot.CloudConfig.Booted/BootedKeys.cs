namespace KairosBoot.CloudConfig.Booted;

/// <summary>The keys that need a network or a package manager: what the programs of the image are for, in a system that runs.</summary>
internal static class BootedKeys
{
    /// <summary>What they start may take long, but not for ever.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromHours(1);

    internal static EntryTable Table(TransferLimits limits) => new([DownloadsKey.Definition(limits), GitKey.Definition, PackagePinsKey.Definition, PackagesKey.Definition, UnpackImagesKey.Definition]);
}
