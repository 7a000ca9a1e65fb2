using Xunit.Abstractions;

[assembly: TestCollectionOrderer("KairosBoot.Boot.Tests.LongestFirst", "KairosBoot.Boot.Tests")]

namespace KairosBoot.Boot.Tests;

/// <summary>Starts the longest classes first, so that at the end of the tier both processors have work.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Classes =
    [
        nameof(RecipeTests), nameof(FleetConfigTests), nameof(UpgradeTests), nameof(RebootTests), nameof(DebianThroughUefiGrub),
        nameof(DebianThroughBiosGrub),
        nameof(DebianWithDirectKernel), nameof(CustomConfigTests), nameof(BlockWriteTests), nameof(FaultMatrixOnBiosTests),
        nameof(FaultMatrixOnUefiTests), nameof(UpgradeFromRecoveryTests), nameof(UpgradePowerCutTests), nameof(SlowDiskTests),
        nameof(StateTests), nameof(FailedBootRecordTests), nameof(InstallTests), nameof(NoLoaderTests), nameof(OtherKernelTests),
        nameof(WatchdogTests),
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(Rank).ThenBy(collection => collection.DisplayName, StringComparer.Ordinal);

    private static int Rank(ITestCollection collection)
    {
        int at = Array.FindIndex(Classes, name => collection.DisplayName.EndsWith("." + name, StringComparison.Ordinal));
        return at >= 0 ? at : Classes.Length;
    }
}
