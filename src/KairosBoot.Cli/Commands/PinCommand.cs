using System.CommandLine;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot pin</c> and <c>kboot unpin</c></summary>
internal static class PinCommand
{
    internal static Command Create()
    {
        var slot = BootStateOptions.Slot(isOptional: true);
        var state = BootStateOptions.State;
        var json = JsonOutput.Option;
        var command = new Command("pin", "Protect the image in a slot: upgrades do not replace it (default: the booted slot).")
        {
            slot, state, json,
        };
        command.SetAction(parsed =>
        {
            using var location = BootStateLocation.Open(parsed.GetValue(state));
            var (pinned, image) = SlotSelection.Pin(location, SlotNames.TryParse(parsed.GetValue(slot)));
            BootStateOutput.Print(location, $"{image} in {pinned.Name()} is pinned: upgrades replace the other image",
                parsed.GetValue(json));
        });
        return command;
    }

    internal static Command CreateUnpin()
    {
        var state = BootStateOptions.State;
        var json = JsonOutput.Option;
        var command = new Command("unpin", "Remove the pin: upgrades may replace any image.") { state, json };
        command.SetAction(parsed =>
        {
            using var location = BootStateLocation.Open(parsed.GetValue(state));
            SlotSelection.Unpin(location);
            BootStateOutput.Print(location, "no image is pinned", parsed.GetValue(json));
        });
        return command;
    }
}
