using System.CommandLine;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot select</c></summary>
internal static class SelectCommand
{
    internal static Command Create()
    {
        var slot = BootStateOptions.Slot(isOptional: false);
        var once = new Option<bool>("--once") { Description = "Choose it for the next boot only" };
        var state = BootStateOptions.State;
        var command = new Command("select", "Choose the slot to boot first, permanently or once.") { slot, once, state };
        command.SetAction(parsed =>
        {
            using var location = BootStateLocation.Open(parsed.GetValue(state));
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
