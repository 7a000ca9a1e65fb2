namespace KairosBoot.Lifecycle;

/// <summary>What came of an upgrade.</summary>
/// <param name="Slot"><c>active</c> or <c>recovery</c>.</param>
/// <param name="ImageId">Of the new image.</param>
/// <param name="SizeBytes">Of the new image.</param>
/// <param name="Outcome">What has become of the images, in words.</param>
/// <param name="Added">What was put into the image that the tree had not.</param>
/// <param name="Menu">What was done about the boot menu, in words; null: nothing.</param>
public sealed record UpgradeResult(string Slot, string ImageId, long SizeBytes, string Outcome, IReadOnlyList<string> Added, string? Menu);
