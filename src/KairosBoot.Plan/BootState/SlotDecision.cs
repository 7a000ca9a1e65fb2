using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>Who has counted an attempt.</summary>
public enum CountedBy { None, Loader, Initrd }

/// <summary>What <see cref="SlotPolicy"/> decides.</summary>
/// <param name="Slot">To boot now; null: all tries are used up, and the machine stops.</param>
/// <param name="Counters">To write before anything of the slot is used; null: the file stays as it is.</param>
/// <param name="CountedBy">Who has counted this attempt once they are written.</param>
public sealed record SlotDecision(Slot? Slot, BootCounters? Counters, CountedBy CountedBy)
{
    /// <summary>Why this slot, where it was chosen here: <c>order</c> or <c>oneshot</c>; null: it was chosen before.</summary>
    public string? Why { get; init; }

    /// <summary>For the report: what is wrong with the counters or the loader.</summary>
    public ImmutableArray<(StepClass Class, string Text)> Notes { get; init; } = [];

    /// <summary>The counters could not be written. Choosing another slot by them would choose the same one at every boot: the slot that was started stays.</summary>
    /// <param name="started">By the loader, or by an earlier attempt of this boot.</param>
    public SlotDecision NotWritten(Slot started) => this with { Slot = started, Why = null, CountedBy = CountedBy.None };
}
