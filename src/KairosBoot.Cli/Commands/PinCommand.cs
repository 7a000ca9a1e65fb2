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
        var command = new Command("pin", "Protect the image in a slot: upgrades do not replace it (default: the booted slot).") { slot, state };
        command.SetAction(parsed =>
        {
            using var place = BootStateLocation.Open(parsed.GetValue(state));
            var pinned = SlotNames.TryParse(parsed.GetValue(slot)) ?? place.Booted?.Slot
                ?? throw new OperatorException("cannot find out which slot is booted", "name the slot: active or passive");
            var image = place.ImageIn(pinned) ?? throw new OperatorException(
                pinned == Slot.Recovery ? "recovery cannot be pinned: an upgrade of the system never replaces it" : $"{pinned.Name()} has no image", "name a slot with an image: active or passive");
            place.Change(counters => counters with { Pinned = image });
            Console.WriteLine($"{image} in {pinned.Name()} is pinned: upgrades replace the other image");
        });
        return command;
    }

    internal static Command CreateUnpin()
    {
        var state = BootStateLocation.Option;
        var command = new Command("unpin", "Remove the pin: upgrades may replace any image.") { state };
        command.SetAction(parsed =>
        {
            using var place = BootStateLocation.Open(parsed.GetValue(state));
            place.Change(counters => counters with { Pinned = "" });
            Console.WriteLine("no image is pinned");
        });
        return command;
    }
}
