using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>Which program counted an attempt.</summary>
public enum CountedBy { None, Loader, Initrd }

/// <summary>The decision of <see cref="SlotPolicy"/>.</summary>
/// <param name="Slot">The slot to boot now; null: no slot has tries left, and the machine stops.</param>
/// <param name="Counters">The counters to write before anything of the slot is used; null: write nothing.</param>
/// <param name="CountedBy">Which program has counted this attempt after the counters are written.</param>
public sealed record SlotDecision(Slot? Slot, BootCounters? Counters, CountedBy CountedBy)
{
    /// <summary>Why the counters chose this slot; null: the slot was chosen before.</summary>
    public ChoiceReason? Why { get; init; }

    /// <summary>Problems of the counters or the loader, for the report.</summary>
    public ImmutableArray<(StepClass Class, string Text)> Notes { get; init; } = [];

    /// <summary>
    /// The decision after writing the counters failed: boot the slot that was started. Another slot would be chosen at every boot again,
    /// because nothing records it.
    /// </summary>
    /// <param name="started">The slot that the loader, or an earlier attempt of this boot, started.</param>
    public SlotDecision NotWritten(Slot started) => this with { Slot = started, Why = null, CountedBy = CountedBy.None };
}
