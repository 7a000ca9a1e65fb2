using System.CommandLine;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot rollback</c></summary>
internal static class RollbackCommand
{
    internal static Command Create()
    {
        var state = BootStateOptions.State;
        var json = JsonOutput.Option;
        var command = new Command("rollback",
            "Boot the other slot first: passive, or active again. The next upgrade makes active first again.")
        {
            state, json,
        };
        command.SetAction(parsed =>
        {
            using var location = BootStateLocation.Open(parsed.GetValue(state));
            var (first, fallback) = SlotSelection.RollBack(location);
            BootStateOutput.Print(location, $"{first.Name()} is booted first from now on; if it fails, {fallback.Name()}",
                parsed.GetValue(json));
        });
        return command;
    }
}
