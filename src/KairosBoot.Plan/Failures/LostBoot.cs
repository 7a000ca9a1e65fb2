using System.Globalization;

namespace KairosBoot.Plan;

/// <summary>What was seen last of a boot that left no reason.</summary>
public enum LastSeen
{
    /// <summary>No trace tells how far it came.</summary>
    Unknown,
    /// <summary>The kernel or the initrd.</summary>
    Start,
    /// <summary>The system: kairos-boot had started its init.</summary>
    System,
}

/// <summary>
/// Boots that were counted since the last good one, and were never marked good. A boot that follows one writes a mark before it starts
/// init. If it is lost too, the next boot sees by the mark how far it came. A boot that follows a good one writes nothing.
/// </summary>
public static class LostBoot
{
    /// <summary>The slot of the last one; null: the boot before this one was good, or its end is known to the counters.</summary>
    /// <param name="counters">The counters after this boot was counted.</param>
    /// <param name="booting">The slot of this boot.</param>
    public static Slot? SlotOf(BootCounters counters, Slot booting)
    {
        if (Lost(counters, booting, booting) > 0) return booting;
        Slot? last = null;
        foreach (var slot in counters.Order)
            if (Lost(counters, slot, booting) > 0) last = slot;
        return last;
    }

    /// <summary>Boots of the running slot that were lost since the last good one, without the running boot.</summary>
    public static int Count(BootCounters counters, Slot booting) => Lost(counters, booting, booting);

    /// <summary>The mark of this boot. Its text differs from that of every other boot since the last good one.</summary>
    public static string Mark(BootCounters counters, Slot booting) => Mark(counters, booting, 0);

    /// <summary>How far the last one came.</summary>
    /// <param name="counters">As above.</param>
    /// <param name="booting">As above.</param>
    /// <param name="slot">Its slot.</param>
    /// <param name="mark">The last mark that was written; empty: none.</param>
    /// <param name="isMarked">False: no boot can write a mark.</param>
    public static LastSeen Seen(BootCounters counters, Slot booting, Slot slot, string mark, bool isMarked)
    {
        if (mark == Mark(counters, slot, slot == booting ? 1 : 0)) return LastSeen.System;
        // The first one followed a good boot, so it wrote no mark.
        return isMarked && Lost(counters, Slot.Active, booting) + Lost(counters, Slot.Passive, booting)
            + Lost(counters, Slot.Recovery, booting) > 1 ? LastSeen.Start : LastSeen.Unknown;
    }

    /// <summary>The record for the report.</summary>
    /// <param name="slot">The slot of the lost boot.</param>
    /// <param name="seen">How far it came.</param>
    /// <param name="time">Now, seconds since 1970: the time of its end is not known.</param>
    public static FailureRecord ToRecord(Slot slot, LastSeen seen, long time) => new()
    {
        Time = time, Slot = slot, Image = slot.Image(),
        Problem = seen switch
        {
            LastSeen.Start => "no reason is known; kernel or initrd was seen last",
            LastSeen.System => "no reason is known; the system was seen last",
            _ => "no reason is known, nor whether kernel, initrd or system was seen last",
        },
        Fix = "read journalctl -b -1, or connect a console and run kboot select " + slot.Name() + " --once",
    };

    private static string Mark(BootCounters counters, Slot slot, int earlier) =>
        string.Concat(slot.Name(), " ", (counters[slot].Left + earlier).ToString(CultureInfo.InvariantCulture), " ") + counters.BootId;

    // The loader and kairos-boot record why they could not start an image.
    private static int Lost(BootCounters counters, Slot slot, Slot booting) =>
        counters[slot].Image == BootCounter.NoImage || counters.Fault?.Slot == slot ? 0
            : Math.Max(0, BootCounter.Full - counters[slot].Left - counters[slot].Known - (slot == booting ? 1 : 0));
}
