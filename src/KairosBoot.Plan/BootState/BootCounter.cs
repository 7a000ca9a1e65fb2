namespace KairosBoot.Plan;

/// <summary>The boot counter of one slot and the image that it belongs to.</summary>
/// <param name="Left">
/// Tries left: how often the slot may still be booted, 0 to <see cref="Full"/>. The next slot follows when none is left.
/// </param>
/// <param name="Good">The image has reported a good boot at least once.</param>
/// <param name="Image">
/// Id of the image, from <see cref="IdOf"/>. Empty: not known yet. <see cref="NoImage"/>: the slot has no image.
/// </param>
public readonly record struct BootCounter(int Left, bool Good, string Image)
{
    public const int Full = 3;

    /// <summary>Tries that were lost before the last good boot of another slot: their loss was reported then.</summary>
    public int Known { get; init; }

    /// <summary>Stands in place of an image's id when the slot has no image.</summary>
    public const string NoImage = "none";

    // Enough to distinguish the images of one machine, and short: the whole block must fit into one sector.
    private const int IdDigits = 16;

    /// <summary>The counter of a slot whose image is not known yet.</summary>
    public static BootCounter Unseen => new(Full, false, "");

    /// <summary>The part of an image's identity that the block keeps.</summary>
    public static string IdOf(string identity) => identity.Length > IdDigits ? identity[..IdDigits] : identity;
}
