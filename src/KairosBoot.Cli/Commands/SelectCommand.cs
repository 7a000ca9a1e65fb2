using System.CommandLine;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot select</c></summary>
internal static class SelectCommand
{
    internal static Command Create()
    {
        var slot = BootStateLocation.Slot(optional: false);
        var once = new Option<bool>("--once") { Description = "Choose it for the next boot only" };
        var state = BootStateLocation.Option;
        var command = new Command("select", "Choose the slot to boot first, permanently or once.") { slot, once, state };
        command.SetAction(parsed =>
        {
            using var place = BootStateLocation.Open(parsed.GetValue(state));
            var chosen = SlotNames.TryParse(parsed.GetRequiredValue(slot))!.Value;
            if (parsed.GetValue(once))
            {
                place.Change(counters => counters with { Once = chosen });
                Console.WriteLine($"the next boot is {chosen.Name()}");
                return;
            }

            // Whoever chooses a slot for good means it to be booted.
            place.Change(counters => (counters[chosen].Left == 0 ? counters.Reset(chosen) : counters) with { First = chosen });
            Console.WriteLine($"{chosen.Name()} is booted first from now on");
        });
        return command;
    }
}
