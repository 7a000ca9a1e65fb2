namespace KairosBoot.Plan;

/// <summary>Why a slot is marked bad: stored in the block as <c>active:missing</c>.</summary>
/// <param name="Slot">The slot of the image.</param>
/// <param name="Reason">One of the words below, or another word of lower-case letters and dashes.</param>
public sealed record SlotFault(Slot Slot, string Reason)
{
    public const string Missing = "missing", Load = "load", Initrd = "initrd", Damaged = "damaged", NoInit = "no-init",
        Operator = "operator";

    private const int MaxReason = 20;

    // Members of JSON hold these texts: they stay as they are.
    private static readonly (string Reason, string Text)[] Texts =
    [
        (Load, "the boot loader could not load its kernel or its initrd"),
        (Initrd, "the boot loader could not read its initrd"),
        (Missing, "its image is missing"),
        (Damaged, "its image is damaged"),
        (NoInit, "its image has no system that could be started"),
        (Operator, "kboot assess bad"),
    ];

    /// <summary>Null: the text is not a fault.</summary>
    public static SlotFault? TryParse(string text)
    {
        var colon = text.IndexOf(':');
        if (colon < 0 || SlotNames.TryParse(text[..colon]) is not { } slot || text.Length - colon - 1 is 0 or > MaxReason) return null;
        foreach (var c in text.AsSpan(colon + 1))
            if (!char.IsAsciiLetterLower(c) && c != '-') return null;
        return new(slot, text[(colon + 1)..]);
    }

    public override string ToString() => $"{Slot.Name()}:{Reason}";

    /// <summary>For messages: <c>active: its image is missing</c>.</summary>
    public string Sentence
    {
        get
        {
            foreach (var (reason, text) in Texts)
                if (reason == Reason) return $"{Slot.Name()}: {text}";
            return $"{Slot.Name()}: {Reason}";
        }
    }
}
