namespace KairosBoot.Plan;

/// <summary>
/// What every user may know about the boot of the running system: /run/kairosboot/summary. Its report is for root only.
/// <code>
/// verdict=good
/// slot=active
/// image=9f86d081884c7d65
/// </code>
/// </summary>
/// <param name="verdict">As in the report.</param>
/// <param name="slot">The booted slot.</param>
/// <param name="image">Id of its image; empty: not known.</param>
public sealed class BootSummary(string verdict, Slot slot, string image)
{
    public string Verdict => verdict;

    public Slot Slot => slot;

    public string Image => image;

    public string Write() => string.Concat("verdict=" + verdict, "\nslot=" + slot.Name(), "\nimage=" + image, "\n");

    /// <summary>Null: not such a file.</summary>
    public static BootSummary? Parse(string text) =>
        text.Split('\n') is [var verdict, var slot, var image, ""]
        && verdict.StartsWith("verdict=", StringComparison.Ordinal) && slot.StartsWith("slot=", StringComparison.Ordinal)
        && image.StartsWith("image=", StringComparison.Ordinal) && SlotNames.TryParse(slot[5..]) is { } known
            ? new(verdict[8..], known, image[6..]) : null;
}
