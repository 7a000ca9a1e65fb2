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
        var command = new Command("select", "Choose the slot to boot first, permanently or once, or show the boot menu once.")
        {
            slot, once, menu, state,
        };
        command.Validators.Add(result =>
        {
            var (hasSlot, hasMenu) = (result.GetResult(slot) is { Tokens.Count: > 0 }, result.GetValue(menu));
            if (hasSlot == hasMenu || (hasMenu && result.GetValue(once))) result.AddError("Give either a slot or --menu.");
        });
        command.SetAction(parsed =>
        {
            using var location = BootStateLocation.Open(parsed.GetValue(state));
            if (parsed.GetValue(menu))
            {
                SlotSelection.ShowMenu(location);
                Console.WriteLine("the next start shows the boot menu for a minute");
                return;
            }

            var chosen = SlotNames.TryParse(parsed.GetRequiredValue(slot))!.Value;
            if (parsed.GetValue(once))
            {
                SlotSelection.SelectOnce(location, chosen);
                Console.WriteLine($"the next boot is {chosen.Name()}");
            }
            else
            {
                SlotSelection.SelectFirst(location, chosen);
                Console.WriteLine($"{chosen.Name()} is booted first from now on");
            }
        });
        return command;
    }
}
