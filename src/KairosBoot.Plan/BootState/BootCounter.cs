namespace KairosBoot.Plan;

/// <summary>What is known of one slot's image.</summary>
/// <param name="Left">Boots it still gets before the next slot's turn: 0 to <see cref="Full"/>.</param>
/// <param name="Good">It has once reported a good boot.</param>
/// <param name="Image">Which image that is about: <see cref="IdOf"/>. Empty: never looked at. <see cref="None"/>: there was none.</param>
public readonly record struct BootCounter(int Left, bool Good, string Image)
{
    public const int Full = 3;

    /// <summary>In the place of an image's id: the slot had no image.</summary>
    public const string None = "none";

    // Enough to tell images of one machine apart, and short: the whole block has to fit into a sector.
    private const int IdDigits = 16;

    /// <summary>A slot whose image was never looked at.</summary>
    public static BootCounter Unseen => new(Full, false, "");

    /// <summary>The id that the block keeps of a longer one.</summary>
    public static string IdOf(string identity) => identity.Length > IdDigits ? identity[..IdDigits] : identity;
}
