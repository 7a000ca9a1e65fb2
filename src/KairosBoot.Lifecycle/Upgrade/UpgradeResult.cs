namespace KairosBoot.Lifecycle;

/// <summary>The result of an upgrade.</summary>
/// <param name="Slot"><c>active</c> or <c>recovery</c>.</param>
/// <param name="ImageId">Id of the new image.</param>
/// <param name="SizeBytes">Size of the new image.</param>
/// <param name="Outcome">A sentence that says which image each slot has.</param>
/// <param name="Added">Files that the build added to the tree.</param>
/// <param name="Menu">A sentence about the boot menu; null: it is unchanged.</param>
public sealed record UpgradeResult(string Slot, string ImageId, long SizeBytes, string Outcome, IReadOnlyList<string> Added, string? Menu)
{
    /// <summary>The next boot uses the image; false: it is in use already, or no boot is needed.</summary>
    public bool NeedsReboot { get; init; } = Slot == "active";

    /// <summary>The image waits for <c>kboot upgrade --staged</c>: no slot has it yet.</summary>
    public bool IsStaged { get; init; }

    /// <summary>Sentences about what was found: an interrupted upgrade, an image that is older than the running one.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Sentences about the new image.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
