namespace KairosBoot.CloudConfig.Booted;

/// <summary>The schemas and actions of the keys that <see cref="EntryKeys.Actions"/> marks as <see cref="KeyPlace.Booted"/>.</summary>
internal static class BootedKeys
{
    /// <summary>For one program that a booted key starts.</summary>
    internal static readonly TimeSpan ProgramLimit = TimeSpan.FromHours(1);

    internal static StageKey[] Actions(TransferLimits limits) =>
        [DownloadsKey.Definition(limits), GitKey.Definition, PackagePinsKey.Definition, PackagesKey.Definition, UnpackImagesKey.Definition];

    internal static EntryTable Table(TransferLimits limits) => new(Actions(limits));
}
