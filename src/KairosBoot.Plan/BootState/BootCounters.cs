using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Which slot boots next and how often, with the rules that change it: values in, values out. GRUB's menu follows the same rules, initrd/grub.
/// Every boot takes a try before it begins; only a system that reports itself good gets them back.
/// </summary>
public sealed record BootCounters
{
    public BootCounter Active { get; init; } = BootCounter.Unseen;
    public BootCounter Passive { get; init; } = BootCounter.Unseen;
    public BootCounter Recovery { get; init; } = BootCounter.Unseen;

    /// <summary>Tried before the others.</summary>
    public Slot First { get; init; } = Slot.Active;
    /// <summary>For the next boot only, whatever its tries.</summary>
    public Slot? Once { get; init; }
    /// <summary>The slot that was booted last.</summary>
    public Slot? Last { get; init; }
    /// <summary>The last verdict about an image; null where there is none.</summary>
    public SlotFault? Fault { get; init; }
    /// <summary>Id of an image that no upgrade may replace; empty where there is none.</summary>
    public string Pinned { get; init; } = "";

    public BootCounter this[Slot slot] => slot switch
    {
        Slot.Active => Active,
        Slot.Passive => Passive,
        Slot.Recovery => Recovery,
        _ => throw new InvalidOperationException(),
    };

    public BootCounters With(Slot slot, BootCounter counter) => slot switch
    {
        Slot.Active => this with { Active = counter },
        Slot.Passive => this with { Passive = counter },
        Slot.Recovery => this with { Recovery = counter },
        _ => throw new InvalidOperationException(),
    };

    /// <summary>The slots as they get their turn.</summary>
    public ImmutableArray<Slot> Order => First switch
    {
        Slot.Passive => [Slot.Passive, Slot.Active, Slot.Recovery],
        Slot.Recovery => [Slot.Recovery, Slot.Active, Slot.Passive],
        _ => [Slot.Active, Slot.Passive, Slot.Recovery],
    };

    /// <summary>The slot of the next boot; null where all tries are used up.</summary>
    public Slot? Next => Once ?? NextBut([]);

    /// <summary>The slot of a boot whose try no loader has taken; null where all tries are used up.</summary>
    /// <param name="started">The slot that the loader started, or a command line names.</param>
    /// <param name="byCounters">
    /// The loader chose it by these counters, which it could not write: what comes before it in the order could not be loaded. A loader that knows
    /// nothing of them has no order either: its active means the usual one, and another slot is a wish.
    /// </param>
    public Slot? NextForUncounted(Slot started, bool byCounters)
    {
        var kept = byCounters ? this[started].Left > 0 || Once == started : Once is null && started != Slot.Active && this[started].Left > 0;
        return kept ? started : Next;
    }

    /// <summary>The first slot in order that has tries and is none of those; null where there is none.</summary>
    public Slot? NextBut(ImmutableArray<Slot> passedOver)
    {
        foreach (var slot in Order)
            if (this[slot].Left > 0 && !passedOver.Contains(slot)) return slot;
        return null;
    }

    /// <summary>A boot of this slot begins. A wish for one boot is fulfilled with it.</summary>
    public BootCounters Take(Slot slot) =>
        With(slot, this[slot] with { Left = Math.Max(0, this[slot].Left - 1) }) with { Once = null, Last = slot };

    /// <summary>The boot that took it was not about this slot's image.</summary>
    public BootCounters GiveBack(Slot slot) => With(slot, this[slot] with { Left = Math.Min(BootCounter.Full, this[slot].Left + 1) });

    /// <summary>The same where recovery takes over. Once that has no tries left the boot stays counted: going back and forth for ever would be worse.</summary>
    public BootCounters GiveBackForRecovery(Slot slot) => Recovery.Left == 0 ? this : GiveBack(slot);

    /// <summary>The loader is to start this slot, whose try is taken, with its own kernel; null where that could go on for ever.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="loaderCounts">It takes a try of its own. Otherwise this one stays taken, and the last one is not spent on a loader that may not get there.</param>
    public BootCounters? HandToLoader(Slot slot, bool loaderCounts) =>
        loaderCounts ? GiveBack(slot) with { Once = slot } : this[slot].Left > 0 ? this with { Once = slot } : null;

    /// <summary>All tries were used up and the machine has stopped: whoever switches it on again means all of them.</summary>
    public BootCounters Refill()
    {
        var full = this;
        foreach (var slot in Order) full = full.With(slot, full[slot] with { Left = BootCounter.Full });
        return full;
    }

    /// <summary>The system in this slot says of itself that it runs well.</summary>
    public BootCounters MarkGood(Slot slot) => Reset(slot).With(slot, this[slot] with { Left = BootCounter.Full, Good = true });

    /// <summary>The image cannot boot, and trying again would not change that.</summary>
    public BootCounters MarkBad(Slot slot, string reason) => With(slot, this[slot] with { Left = 0, Good = false }) with
    {
        Fault = new(slot, reason),
        Once = Once == slot ? null : Once,
    };

    /// <summary>As for an image that was never booted.</summary>
    public BootCounters Reset(Slot slot) => With(slot, this[slot] with { Left = BootCounter.Full, Good = false }) with
    {
        Fault = Fault?.Slot == slot ? null : Fault,
    };

    /// <summary>
    /// What lies in the slots now. Counters belong to images: one that was never seen gets all its tries, one that moved to another slot takes
    /// its counter along, and a slot without an image has no tries.
    /// </summary>
    /// <param name="images">Ids of the slots that were looked at; null where there is no image.</param>
    public BootCounters SyncWithImages(ImmutableArray<(Slot Slot, string? Image)> images)
    {
        var after = this;
        foreach (var (slot, image) in images)
            if (this[slot].Image != (image ?? BootCounter.None)) after = after.Replace(slot, image, before: this);
        return after;
    }

    /// <summary>The same in a boot that has taken its try already: it is that of the image which is there.</summary>
    /// <param name="images">As above.</param>
    /// <param name="booting">The slot.</param>
    public BootCounters SyncWithImagesWhileBooting(Slot booting, ImmutableArray<(Slot Slot, string? Image)> images)
    {
        var observed = GiveBack(booting).SyncWithImages(images);
        var taken = observed.With(booting, observed[booting] with { Left = Math.Max(0, observed[booting].Left - 1) });
        // Given back to a full counter, it would be taken from what was left.
        return taken[booting].Image == this[booting].Image ? taken.With(booting, this[booting]) : taken;
    }

    private BootCounters Replace(Slot slot, string? image, BootCounters before)
    {
        if (image is null) return MarkBad(slot, SlotFault.Missing).With(slot, new(0, false, BootCounter.None));
        if (before[slot].Image.Length == 0) return With(slot, before[slot] with { Image = image });
        foreach (var other in before.Order)
            if (other != slot && before[other].Image == image) return With(slot, before[other]);
        return Reset(slot).With(slot, new(BootCounter.Full, false, image));
    }
}
