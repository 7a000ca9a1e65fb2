namespace KairosBoot.Boot.Tests;

/// <summary>Images that have the fault. All others are good.</summary>
internal enum Faulty { Active, Passive, Both }

/// <summary>A fault, and the expected boots until the machine stays up.</summary>
/// <param name="Fault">Name of a <see cref="Fault"/>.</param>
/// <param name="In">Images with the fault. For passive, passive is the first slot, because otherwise it would not be started.</param>
/// <param name="Boots">The slots in the order of their starts: a space before a slot that a new power-on started, a comma before a slot
/// that GRUB
/// started in the same run, <c>></c> before a slot that kairos-boot started in the same boot. The last one stays up.</param>
/// <param name="Tries">Tries left of active, passive and recovery in the last boot.</param>
/// <param name="GivenUp">The last verdict about an image in the format of the counter file; empty: none.</param>
internal sealed record FaultRow(string Fault, Faulty In, string Boots, string Tries, string GivenUp = "")
{
    /// <summary>The firmware of the default run; null: only with <c>--all</c>, with both.</summary>
    public Firmware? Always { get; init; }

    public string Name => $"{Fault} in {In.ToString().ToLowerInvariant()}";

    /// <summary>The slots with the fault.</summary>
    public string[] Slots => In == Faulty.Both ? ["active", "passive"] : [In.ToString().ToLowerInvariant()];

    public string FirstSlot => In == Faulty.Passive ? "passive" : "active";

    public string LastSlot => Boots[(Boots.LastIndexOfAny([' ', ',', '>']) + 1)..];
}
