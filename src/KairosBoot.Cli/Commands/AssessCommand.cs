using System.CommandLine;
using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot assess good|bad|reset</c></summary>
internal static class AssessCommand
{
    internal static Command Create() => new("assess", "Mark a slot good or bad, or reset its boot counter.")
    {
        Verdict("good", "Mark the booted slot good: it gets all tries back. systemd does this after boot-complete.target.", Good),
        Verdict("bad", "Mark a slot bad; it is not booted again.", Bad),
        Verdict("reset", "Give a slot all tries, as after an upgrade. Without SLOT: every slot, and a damaged counter file is recreated.", Reset),
    };

    private static Command Verdict(string name, string description, Func<BootStateLocation, Slot?, string> assess)
    {
        var slot = BootStateLocation.Slot(optional: true);
        var state = BootStateLocation.Option;
        var command = new Command(name, description) { slot, state };
        command.SetAction(parsed =>
        {
            using var place = BootStateLocation.Open(parsed.GetValue(state));
            Console.WriteLine(assess(place, SlotNames.TryParse(parsed.GetValue(slot))));
        });
        return command;
    }

    private static string Good(BootStateLocation place, Slot? named)
    {
        var slot = named ?? Booted(place);
        var image = place.ImageIn(slot);
        // An upgrade may have put another image there since: that one has shown nothing yet.
        if (named is null && image is not null && place.Booted is { Image.Length: > 0 } booted && BootCounter.IdOf(booted.Image) != image)
            return $"{slot.Name()} is not marked good: an upgrade replaced its image after this boot, and the new image has not been booted";
        place.Change(counters => counters.SyncWithImages(image is null ? [] : [(slot, image)]).MarkGood(slot));
        return $"{slot.Name()} is good{(place.Booted?.Slot == slot ? Arguments(place) : "")}";
    }

    /// <summary>What that says of kernel arguments that were on trial in this boot, or left out of it.</summary>
    private static string Arguments(BootStateLocation place)
    {
        if (KargsBootInfo.Of(KernelCommandLine.Parse(File.ReadAllText("/proc/cmdline"))) is not { } told) return "";
        var file = new KargsFile(place.Directory);
        if (file.Keep(told.Used)) return "; the pending kernel arguments are now permanent";
        return told.LeftOut is { } failed && file.GiveUp(failed) ? "; this boot was without the pending kernel arguments, so they are rejected: see kboot kargs" : "";
    }

    private static string Bad(BootStateLocation place, Slot? named)
    {
        var slot = named ?? Booted(place);
        var after = place.Change(counters => counters.NextBut([slot]) is null
            ? throw new OperatorException($"{slot.Name()} is the last slot with tries left", "first give another slot its tries: kboot assess reset SLOT")
            : counters.MarkBad(slot, SlotFault.Operator));
        return $"{slot.Name()} is marked bad; the next boot is {after.Next!.Value.Name()}";
    }

    private static string Reset(BootStateLocation place, Slot? named)
    {
        if (named is { } slot)
        {
            place.Change(counters => counters.Reset(slot));
            return $"{slot.Name()} has all its tries";
        }

        BootStateFile.Update(place.Block, block => block.Counters.Reset(Slot.Active).Reset(Slot.Passive).Reset(Slot.Recovery));
        return "every slot has all its tries";
    }

    private static Slot Booted(BootStateLocation place) => place.Booted?.Slot
        ?? throw new OperatorException("cannot find out which slot is booted", "name the slot: active, passive or recovery");
}
