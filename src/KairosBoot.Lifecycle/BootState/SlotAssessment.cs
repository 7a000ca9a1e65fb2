using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Marks slots good or bad and resets their counters. Each method returns a sentence that reports the result.</summary>
public static class SlotAssessment
{
    /// <summary>
    /// Gives a slot all tries back if the owner's checks succeed, and decides about pending kernel arguments of the booted slot.
    /// </summary>
    /// <param name="location">The counters.</param>
    /// <param name="named">Null: the booted slot. A slot that is named is marked without the checks.</param>
    /// <exception cref="OperatorException">The booted slot is not known, a check failed, or the counters are damaged.</exception>
    public static string MarkGood(BootStateLocation location, Slot? named)
    {
        var slot = named ?? location.RequireBooted(AllSlots);
        var image = location.ImageIn(slot);
        // If an upgrade replaced the image after this boot, nothing is known about the new image yet.
        if (named is null && image is not null && location.Booted is { Image.Length: > 0 } booted
            && BootCounter.IdOf(booted.Image) != image)
        {
            return $"{slot.Name()} is not marked good: an upgrade replaced its image after this boot, and the new one has not been booted";
        }

        if (named is null && slot != Slot.Recovery) HealthChecks.Run(SystemPaths.HealthChecks);
        if (location.HasNoCounters)
        {
            // A service of the image runs this at each boot: nothing is wrong with the machine.
            return $"{slot.Name()} is healthy; nothing is counted, because this disk has the boot menu of Kairos" +
                (location.Booted?.Slot == slot ? RecordBoot(null) : "");
        }

        BootCounters? before = null;
        location.Change(counters => BootStateFile.WithNewId(before = counters,
            counters.SyncWithImages(image is null ? [] : [(slot, image)]).MarkGood(slot)));
        return $"{slot.Name()} is good{(location.Booted?.Slot == slot ? RecordBoot(before) + SettlePendingKargs(location) : "")}";
    }

    private static string RecordBoot(BootCounters? before)
    {
        GoodWatch.MarkGood();
        return BootHistory.Record(before);
    }

    /// <summary>Takes all tries from a slot.</summary>
    /// <param name="location">The counters.</param>
    /// <param name="named">Null: the booted slot.</param>
    /// <exception cref="OperatorException">No other slot has tries left, or as for <see cref="MarkGood"/>.</exception>
    public static string MarkBad(BootStateLocation location, Slot? named)
    {
        var slot = named ?? location.RequireBooted(AllSlots);
        var after = location.Change(counters => counters.NextExcept([slot]) is null
            ? throw new OperatorException($"{slot.Name()} is the last slot with tries left",
                "first give another slot its tries: kboot assess reset SLOT")
            : counters.MarkBad(slot, SlotFault.Operator));
        return $"{slot.Name()} is marked bad; the next boot is {after.Next!.Value.Name()}";
    }

    /// <summary>Gives a slot all tries, as after an upgrade.</summary>
    /// <param name="location">The counters.</param>
    /// <param name="named">Null: every slot; a damaged block is recreated.</param>
    /// <exception cref="OperatorException">The counters are damaged, and a slot was named.</exception>
    public static string Reset(BootStateLocation location, Slot? named)
    {
        if (named is { } slot)
        {
            location.Change(counters => counters.Reset(slot));
            return $"{slot.Name()} has all its tries";
        }

        location.RequireCounters();
        BootStateFile.Update(location.Block, block => block.Counters.ResetAll());
        return "every slot has all its tries";
    }

    private const string AllSlots = "active, passive or recovery";

    // The kernel command line says whether this good boot was with the pending arguments, or without them.
    private static string SettlePendingKargs(BootStateLocation location)
    {
        if (KargsBootInfo.Of(KernelCommandLine.Parse(FileText.Read("/proc/cmdline"))) is not { } info) return "";
        var file = new KargsFile(location.Directory);
        if (file.Keep(info.Used)) return "; the pending kernel arguments are now permanent";
        return info.LeftOut is { } failed && file.Reject(failed)
            ? "; this boot was without the pending kernel arguments, so they are rejected: see kboot kargs" : "";
    }
}
