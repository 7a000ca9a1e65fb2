using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Which slot boots next and how many tries each has. A value: each rule returns a new one. GRUB's menu (initrd/grub) follows the same
/// rules. Each boot counts an attempt before it starts; only a system that reports itself good gets its tries back.
/// </summary>
public sealed record BootCounters
{
    public const int MaxStops = 3;

    public BootCounter Active { get; init; } = BootCounter.Unseen;
    public BootCounter Passive { get; init; } = BootCounter.Unseen;
    public BootCounter Recovery { get; init; } = BootCounter.Unseen;

    /// <summary>The slot that is tried before the others.</summary>
    public Slot First { get; init; } = Slot.Active;
    /// <summary>The slot of the next boot only, even if it has no tries left; null: the order decides.</summary>
    public Slot? Once { get; init; }
    /// <summary>The slot that was booted last.</summary>
    public Slot? Last { get; init; }
    /// <summary>The last fault found in an image; null: none.</summary>
    public SlotFault? Fault { get; init; }
    /// <summary>The required volume that failed in the last boots; null: none.</summary>
    public VolumeFault? VolumeFault { get; init; }
    /// <summary>How often the machine has stopped since the last good boot, up to <see cref="MaxStops"/>.</summary>
    public int Stops { get; init; }
    /// <summary>The next start of the loader shows its menu.</summary>
    public bool ShowMenu { get; init; }
    /// <summary>Id of the image that no upgrade may replace; empty: none.</summary>
    public string Pinned { get; init; } = "";
    /// <summary>Random id of the last boot that was marked good: copies of a disk differ in it. Empty: there is none yet.</summary>
    public string BootId { get; init; } = "";

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

    /// <summary>The slots in the order in which they are tried.</summary>
    public ImmutableArray<Slot> Order => First switch
    {
        Slot.Passive => [Slot.Passive, Slot.Active, Slot.Recovery],
        Slot.Recovery => [Slot.Recovery, Slot.Active, Slot.Passive],
        _ => [Slot.Active, Slot.Passive, Slot.Recovery],
    };

    /// <summary>The slot of the next boot; null: no slot has tries left.</summary>
    public Slot? Next => Once ?? NextExcept([]);

    /// <summary>
    /// Why <see cref="Next"/> is chosen. After a slot whose initrd could not be read, the loader itself set <see cref="Once"/> to continue
    /// the order.
    /// </summary>
    public ChoiceReason NextReason => Once is null || (Fault is { Reason: SlotFault.Initrd } fault && fault.Slot == Last)
        ? ChoiceReason.Order : ChoiceReason.OneShot;

    /// <summary>The slot of a boot that no loader has counted; null: no slot has tries left.</summary>
    /// <param name="started">The slot that the loader started or that the command line names.</param>
    /// <param name="byCounters">
    /// True: the loader chose the slot by these counters but could not write them, so the slots before it in the order could not be
    /// loaded. False: the loader does not know the counters. Then active means the usual order, and any other slot is an explicit
    /// selection.
    /// </param>
    public Slot? NextForUncounted(Slot started, bool byCounters)
    {
        var kept = byCounters ? this[started].Left > 0 || Once == started : Once is null && started != Slot.Active
            && this[started].Left > 0;
        return kept ? started : Next;
    }

    /// <summary>The first slot in the order that has tries left and is not excluded; null: none.</summary>
    public Slot? NextExcept(ImmutableArray<Slot> excluded)
    {
        foreach (var slot in Order)
            if (this[slot].Left > 0 && !excluded.Contains(slot)) return slot;
        return null;
    }

    /// <summary>The first slot after this one that has tries left and is not excluded; the first in the order follows the last. Null:
    /// none.</summary>
    public Slot? NextAfter(Slot slot, ImmutableArray<Slot> excluded)
    {
        var order = Order;
        var at = order.IndexOf(slot);
        for (var step = 1; step < order.Length; step++)
        {
            var next = order[(at + step) % order.Length];
            if (this[next].Left > 0 && !excluded.Contains(next)) return next;
        }
        return null;
    }

    /// <summary>Counts an attempt to boot the slot. A selection for one boot is used up by it.</summary>
    public BootCounters CountAttempt(Slot slot) =>
        With(slot, this[slot] with { Left = Math.Max(0, this[slot].Left - 1) }) with { Once = null, Last = slot };

    /// <summary>Returns the try of an attempt that failed for another reason than the slot's image.</summary>
    public BootCounters UncountAttempt(Slot slot) => With(slot, this[slot] with { Left = Math.Min(BootCounter.Full, this[slot].Left + 1) });

    /// <summary>
    /// Asks the loader to start this slot with its own kernel, after the attempt was counted here. Null: the machine could reboot
    /// forever.
    /// </summary>
    /// <param name="loaderCounts">
    /// The loader counts an attempt itself. Otherwise the attempt stays counted, and the last try is not spent on a loader that may not
    /// start the slot.
    /// </param>
    public BootCounters? HandToLoader(Slot slot, bool loaderCounts) =>
        loaderCounts ? UncountAttempt(slot) with { Once = slot } : this[slot].Left > 0 ? this with { Once = slot } : null;

    /// <summary>No slot has tries left: the machine stops, and starts again from full counters after <see cref="StopMinutes"/>.</summary>
    public BootCounters Stop() => Refill() with { Stops = Math.Min(Stops + 1, MaxStops) };

    /// <summary>How long the current stop lasts. A power cycle ends it.</summary>
    public int StopMinutes => Stops switch { <= 1 => 10, 2 => 30, _ => 60 };

    /// <summary>Gives all slots all their tries.</summary>
    public BootCounters Refill()
    {
        var full = this;
        foreach (var slot in Order) full = full.With(slot, full[slot] with { Left = BootCounter.Full, Known = 0 });
        return full;
    }

    /// <summary>The system in this slot reported that it is good.</summary>
    public BootCounters MarkGood(Slot slot)
    {
        var good = Reset(slot) with { Stops = 0 };
        foreach (var other in Order) good = good.With(other, good[other] with { Known = BootCounter.Full - good[other].Left });
        return good.With(slot, good[slot] with { Good = true });
    }

    /// <summary>The image cannot boot, and another attempt would not change that.</summary>
    public BootCounters MarkBad(Slot slot, string reason) => With(slot, this[slot] with { Left = 0, Good = false }) with
    {
        Fault = new(slot, reason),
        Once = Once == slot ? null : Once,
    };

    /// <summary>Resets the slot to the counter of an image that was never booted.</summary>
    public BootCounters Reset(Slot slot) => With(slot, this[slot] with { Left = BootCounter.Full, Good = false, Known = 0 }) with
    {
        Fault = Fault?.Slot == slot ? null : Fault,
    };

    /// <summary>Resets every slot, and forgets the stops and the volume that failed.</summary>
    public BootCounters ResetAll() =>
        Reset(Slot.Active).Reset(Slot.Passive).Reset(Slot.Recovery) with { Stops = 0, VolumeFault = null };

    /// <summary>The slot runs only because a volume failed: the order leads to another one.</summary>
    /// <param name="running">The slot.</param>
    /// <param name="retries">The value of <c>kairosboot.volume-retries=</c>.</param>
    public bool RunsForVolume(Slot running, int retries) =>
        running == Slot.Recovery && VolumeFault?.IsForRecovery(retries) == true && NextExcept([]) is { } next && next != running;

    /// <summary>
    /// Brings the counters in line with the images in the slots. A counter belongs to an image: a new image gets all tries, an image that
    /// moved to another slot takes its counter along, and a slot without an image has no tries.
    /// </summary>
    /// <param name="images">Ids of the images in the slots that were examined; null: the slot has no image.</param>
    public BootCounters SyncWithImages(ImmutableArray<(Slot Slot, string? Image)> images)
    {
        var after = this;
        foreach (var (slot, image) in images)
            if (this[slot].Image != (image ?? BootCounter.NoImage)) after = after.Replace(slot, image, before: this);
        return after;
    }

    /// <summary>
    /// The same during a boot whose attempt is already counted: the attempt belongs to the image that is in the slot now.
    /// </summary>
    /// <param name="images">As above.</param>
    /// <param name="booting">The slot that is booting.</param>
    public BootCounters SyncWithImagesWhileBooting(Slot booting, ImmutableArray<(Slot Slot, string? Image)> images)
    {
        var synced = UncountAttempt(booting).SyncWithImages(images);
        var counted = synced.With(booting, synced[booting] with { Left = Math.Max(0, synced[booting].Left - 1) });
        // If the counter is full, returning and counting the attempt would lose a try: keep the counter as it is.
        return counted[booting].Image == this[booting].Image ? counted.With(booting, this[booting]) : counted;
    }

    private BootCounters Replace(Slot slot, string? image, BootCounters before)
    {
        if (image is null) return MarkBad(slot, SlotFault.Missing).With(slot, new(0, false, BootCounter.NoImage));
        if (before[slot].Image.Length == 0) return With(slot, before[slot] with { Image = image });
        foreach (var other in before.Order)
            if (other != slot && before[other].Image == image) return With(slot, before[other]);
        return Reset(slot).With(slot, new(BootCounter.Full, false, image));
    }
}
