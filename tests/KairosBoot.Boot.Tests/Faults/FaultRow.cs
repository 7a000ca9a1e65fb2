namespace KairosBoot.Boot.Tests;

/// <summary>Which images have the fault. The others, recovery's among them, are sound.</summary>
internal enum Faulty { Active, Passive, Both }

/// <summary>A fault, and what the machine does about it until it rests.</summary>
/// <param name="Fault">Name of a <see cref="Fault"/>.</param>
/// <param name="In">Where it is. In passive, passive is the slot that is first from now on: otherwise it would not be looked at.</param>
/// <param name="Boots">The slots in the order they were started: a space before one that a new power-on started, a comma before one that GRUB went on
/// to in the same run, <c>></c> before one that kairos-boot went on to in the same boot. The last one rests.</param>
/// <param name="Tries">Left to active, passive and recovery in the boot that rests.</param>
/// <param name="GivenUp">The last verdict about an image, as the block has it; empty: there is none.</param>
internal sealed record FaultRow(string Fault, Faulty In, string Boots, string Tries, string GivenUp = "")
{
    /// <summary>Where it is part of every run of the tests, with that firmware; null: with <c>--all</c> only, with both.</summary>
    public Firmware? Always { get; init; }

    public string Name => $"{Fault} in {In.ToString().ToLowerInvariant()}";

    /// <summary>Those that have it.</summary>
    public string[] Slots => In == Faulty.Both ? ["active", "passive"] : [In.ToString().ToLowerInvariant()];

    public string FirstSlot => In == Faulty.Passive ? "passive" : "active";

    public string RestsIn => Boots[(Boots.LastIndexOfAny([' ', ',', '>']) + 1)..];
}
