using System.CommandLine;
using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot assess good|bad|reset</c></summary>
internal static class AssessCommand
{
    internal static Command Create() => new("assess", "Say what has become of a slot: the boot counters follow it.")
    {
        Verdict("good", "This system runs well: its slot gets all tries back. After boot-complete.target.", Good),
        Verdict("bad", "Not to be booted again; at once the next slot's turn.", Bad),
        Verdict("reset", "All tries, as for a new image; without SLOT for every slot, and in a new block where the old one is damaged.", Reset),
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
            return $"{slot.Name()} has another image by now, which is not what runs; it has to show for itself that it is good";
        place.Change(counters => counters.SyncWithImages(image is null ? [] : [(slot, image)]).MarkGood(slot));
        return $"{slot.Name()} is good{(place.Booted?.Slot == slot ? Arguments(place) : "")}";
    }

    /// <summary>What that says of kernel arguments that were on trial in this boot, or left out of it.</summary>
    private static string Arguments(BootStateLocation place)
    {
        if (KargsBootInfo.Of(KernelCommandLine.Parse(File.ReadAllText("/proc/cmdline"))) is not { } told) return "";
        var file = new KargsFile(place.Directory);
        if (file.Keep(told.Used)) return ", and the kernel arguments that were on trial stay";
        return told.LeftOut is { } failed && file.GiveUp(failed) ? ", without the kernel arguments that were on trial: they are given up, see kboot kargs" : "";
    }

    private static string Bad(BootStateLocation place, Slot? named)
    {
        var slot = named ?? Booted(place);
        var after = place.Change(counters => counters.NextExcept([slot]) is null
            ? throw new OperatorException($"{slot.Name()} is the last slot that has tries", "give another one tries first: kboot assess reset SLOT")
            : counters.MarkBad(slot, SlotFault.Operator));
        return $"{slot.Name()} is not booted any more; next is {after.Next!.Value.Name()}";
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
        ?? throw new OperatorException("which slot this system runs from is not known", "name it: active, passive or recovery");
}
