using System.CommandLine;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot pin</c> and <c>kboot unpin</c></summary>
internal static class PinCommand
{
    internal static Command Create()
    {
        var slot = BootStateLocation.Slot(optional: true);
        var state = BootStateLocation.Option;
        var command = new Command("pin", "Keep an image that is known to be good: no upgrade takes its place. Default: the one that runs.") { slot, state };
        command.SetAction(parsed =>
        {
            using var place = BootStateLocation.Open(parsed.GetValue(state));
            var pinned = SlotNames.TryParse(parsed.GetValue(slot)) ?? place.Booted?.Slot
                ?? throw new OperatorException("which slot this system runs from is not known", "name it: active or passive");
            var image = place.ImageIn(pinned) ?? throw new OperatorException(
                pinned == Slot.Recovery ? "recovery is never replaced by an upgrade of the system" : $"{pinned.Name()} has no image", "name a slot that has one: active or passive");
            place.Change(counters => counters with { Pinned = image });
            Console.WriteLine($"{image} in {pinned.Name()} is kept: upgrades replace the other image");
        });
        return command;
    }

    internal static Command CreateUnpin()
    {
        var state = BootStateLocation.Option;
        var command = new Command("unpin", "Let upgrades replace any image again.") { state };
        command.SetAction(parsed =>
        {
            using var place = BootStateLocation.Open(parsed.GetValue(state));
            place.Change(counters => counters with { Pinned = "" });
            Console.WriteLine("no image is kept for good");
        });
        return command;
    }
}
