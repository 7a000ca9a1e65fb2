namespace KairosBoot.Plan;

/// <summary>A screen that takes keys: what each of them does there, or why it does nothing.</summary>
/// <param name="request">The attempt that the screen is about.</param>
/// <param name="progress">The boot so far, with the counters as they are on the disk now.</param>
public sealed class KeyMenu(BootRequest request, BootProgress progress)
{
    private const string Once = ", this time only";

    /// <summary>The boot stops here only for a time: the keys of a break.</summary>
    public bool IsBreak { get; init; }

    /// <summary>The image is / already. Its parts are in use, so another attempt needs a reboot.</summary>
    public bool HasNewRoot { get; init; }

    /// <summary>A disk blocks the process that uses it.</summary>
    public bool DiskHangs { get; init; }

    /// <summary>What <see cref="FailurePolicy"/> decided returned the try of the attempt.</summary>
    public bool IsUncounted { get; init; }

    /// <summary>Why no shell opens; null: one can.</summary>
    public string? NoShell { get; init; }

    /// <summary>Why the key does nothing, as a sentence; null: it does what <see cref="Lines"/> says.</summary>
    public string? Refusal(ScreenKey key) => key switch
    {
        ScreenKey.Shell => NoShell,
        ScreenKey.Continue => IsBreak ? null : "there is nothing to continue",
        ScreenKey.Reboot or ScreenKey.Log => null,
        _ when IsBreak => "only after a failure",
        _ when DiskHangs => "the disk does not answer; only r helps",
        ScreenKey.WithoutPersistent => NoRetry(),
        _ when HasNewRoot && !progress.Counters.Usable => "the boot counters cannot be used to choose a slot for the next boot",
        ScreenKey.NextSlot => Next is null ? "no other slot is left that has tries and was not tried in this boot" : null,
        _ when request.Slot == Slot.Recovery => "this is recovery",
        _ when progress.Left.Contains(Slot.Recovery) => "recovery failed in this boot already",
        _ => progress.RecoveryExists ? null : "the boot disk has no " + SystemPaths.RecoveryLabel,
    };

    private string? NoRetry() =>
        request.WithoutPersistence ? "recovery does not use " + SystemPaths.PersistentLabel
        : request.PersistentLeftOut ? SystemPaths.PersistentLabel + " is left out already"
        : HasNewRoot ? "the system is mounted already; only r, n and v are possible" : null;

    private Slot? Next
    {
        get
        {
            var counters = progress.Counters.Counters;
            var next = counters.NextAfter(request.Slot, progress.Left);
            if (next == Slot.Recovery && !progress.RecoveryExists) next = counters.NextAfter(Slot.Recovery, progress.Left);
            return next == request.Slot || next == Slot.Recovery && !progress.RecoveryExists ? null : next;
        }
    }

    /// <summary>What follows a key that is not refused, and that ends the wait.</summary>
    /// <param name="key">The key.</param>
    /// <param name="console">Where it was pressed.</param>
    public FailureDecision Choose(ScreenKey key, string console)
    {
        var counters = progress.Counters.Counters;
        var isSlot = key is ScreenKey.NextSlot or ScreenKey.Recovery;
        var action = isSlot && !HasNewRoot ? FailureAction.FallBack
            : key == ScreenKey.WithoutPersistent ? FailureAction.RetryWithoutPersistent : FailureAction.Reboot;
        BootCounters? after = null;
        if (isSlot && HasNewRoot) after = counters with { Once = SlotOf(key) };
        else if (action == FailureAction.RetryWithoutPersistent && IsUncounted) after = counters.CountAttempt(request.Slot);
        return new(action, after)
        {
            Slot = action == FailureAction.FallBack ? SlotOf(key) : null,
            Why = action == FailureAction.FallBack ? ChoiceReason.OneShot : null,
            Key = string.Concat(["key ", key.Letter(), " on ", console, ": ", Meaning(key)]),
        };
    }

    private Slot SlotOf(ScreenKey key) => key == ScreenKey.Recovery ? Slot.Recovery : Next!.Value;

    /// <summary>One line for each key.</summary>
    public List<string> Lines()
    {
        var lines = new List<string> { "the machine now waits " + KeyWait.Extension + " s for a key, and again after each one:" };
        for (var key = ScreenKey.Reboot; key <= ScreenKey.Continue; key++)
        {
            if (IsBreak ? key is ScreenKey.NextSlot or ScreenKey.Recovery or ScreenKey.WithoutPersistent : key == ScreenKey.Continue)
                continue;
            var refusal = Refusal(key);
            lines.Add("  " + key.Letter() + "  " + (refusal is null ? Meaning(key) : Name(key) + ": not possible: " + refusal));
        }
        return lines;
    }

    private static string Name(ScreenKey key) => key switch
    {
        ScreenKey.NextSlot => "next slot",
        ScreenKey.Recovery => "recovery",
        ScreenKey.WithoutPersistent => "without " + SystemPaths.PersistentLabel,
        _ => "shell",
    };

    private string Meaning(ScreenKey key) => key switch
    {
        ScreenKey.Reboot => "reboot now",
        ScreenKey.NextSlot or ScreenKey.Recovery => "boot " + SlotOf(key).Name() + Once,
        ScreenKey.WithoutPersistent => "boot " + request.Slot.Name() + " without " + SystemPaths.PersistentLabel + Once +
            ": data written to " + SystemPaths.Persistent + " is lost",
        ScreenKey.Log => "show the end of the log; again: the page before",
        ScreenKey.Shell => "open a shell",
        _ => "continue the boot",
    };
}
