namespace KairosBoot.Lifecycle;

/// <summary>Gets what a check found.</summary>
/// <param name="problem">What is wrong.</param>
/// <param name="fix">One imperative sentence.</param>
/// <param name="isWarning">The boot works.</param>
internal delegate void ReadinessFinding(string problem, string fix, bool isWarning);

/// <summary>A check of the next boot: one row of <see cref="ReadinessChecks.All"/>.</summary>
public sealed class ReadinessCheck
{
    private ReadinessCheck(string name, string looksAt, string error) => (Name, LooksAt, Error) = (name, looksAt, error);

    public string Name { get; }

    /// <summary>What it looks at, for the documentation.</summary>
    public string LooksAt { get; }

    /// <summary>What makes it an error, for the documentation; everything else that it finds is a warning.</summary>
    public string Error { get; }

    /// <summary>Null: it checks the machine once.</summary>
    internal Action<SlotUnderCheck, ReadinessFinding>? OfSlot { get; private init; }

    /// <summary>Null: it checks each slot.</summary>
    internal Action<NodeUnderCheck, ReadinessFinding>? OfMachine { get; private init; }

    /// <summary>What it looks at may be the same for all slots: a finding that an earlier slot has is not repeated.</summary>
    internal bool IsShared { get; private init; }

    /// <summary>A check of each slot that looks at the machine's own devices or configs.</summary>
    internal static ReadinessCheck ForSlots(string name, string looksAt, string error, Action<SlotUnderCheck, ReadinessFinding> check) =>
        new(name, looksAt, error) { OfSlot = check, IsShared = true };

    internal static ReadinessCheck ForSlot(string name, string looksAt, string error, Action<SlotUnderCheck, ReadinessFinding> check) =>
        new(name, looksAt, error) { OfSlot = check };

    internal static ReadinessCheck ForMachine(string name, string looksAt, string error, Action<NodeUnderCheck, ReadinessFinding> check) =>
        new(name, looksAt, error) { OfMachine = check };
}
