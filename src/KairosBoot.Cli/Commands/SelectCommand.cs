using System.CommandLine;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot select</c></summary>
internal static class SelectCommand
{
    internal static Command Create()
    {
        var slot = BootStateOptions.Slot(isOptional: true);
        var once = new Option<bool>("--once") { Description = "Choose it for the next boot only" };
        var menu = new Option<bool>("--menu") { Description = "Show the boot menu at the next start, for a minute" };
        var state = BootStateOptions.State;
        var json = JsonOutput.Option;
        var command = new Command("select", "Choose the slot to boot first, permanently or once, or show the boot menu once.")
        {
            slot, once, menu, state, json,
        };
        command.Validators.Add(result =>
        {
            var (hasSlot, hasMenu) = (result.GetResult(slot) is { Tokens.Count: > 0 }, result.GetValue(menu));
            if (hasSlot == hasMenu || (hasMenu && result.GetValue(once))) result.AddError("Give either a slot or --menu.");
        });
        command.SetAction(parsed =>
        {
            using var location = BootStateLocation.Open(parsed.GetValue(state));
            var outcome = parsed.GetValue(menu) ? ShowMenu(location)
                : Choose(location, SlotNames.TryParse(parsed.GetRequiredValue(slot))!.Value, parsed.GetValue(once));
            BootStateOutput.Print(location, outcome, parsed.GetValue(json));
        });
        return command;
    }

    private static string ShowMenu(BootStateLocation location)
    {
        SlotSelection.ShowMenu(location);
        return "the next start shows the boot menu for a minute";
    }

    private static string Choose(BootStateLocation location, Slot slot, bool once)
    {
        if (once)
        {
            SlotSelection.SelectOnce(location, slot);
            return $"the next boot is {slot.Name()}";
        }

        SlotSelection.SelectFirst(location, slot);
        return $"{slot.Name()} is booted first from now on";
    }
}
