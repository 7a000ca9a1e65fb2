using System.CommandLine;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot rollback</c></summary>
internal static class RollbackCommand
{
    internal static Command Create()
    {
        var state = BootStateLocation.Option;
        var command = new Command("rollback", "Boot the other slot first: passive, or active again. The next upgrade makes active first again.") { state };
        command.SetAction(parsed =>
        {
            using var place = BootStateLocation.Open(parsed.GetValue(state));
            var after = place.Change(counters => counters with { First = Other(place, counters), Once = null });
            Console.WriteLine($"{after.First.Name()} is booted first from now on; if it fails, {Other(after.First).Name()}");
        });
        return command;
    }

    private static Slot Other(BootStateLocation place, BootCounters counters)
    {
        var other = Other(counters.First);
        if (place.ImageIn(other) is null)
            throw new OperatorException($"there is no {other.Name()} image to roll back to", "boot recovery instead: kboot select recovery; the next upgrade creates a {other.Name()} image");
        if (counters[other].Left == 0)
        {
            throw new OperatorException(
                $"{other.Name()} {(counters.Fault?.Slot == other ? $"is marked bad ({counters.Fault.Sentence})" : "has no tries left")}: a rollback would boot {counters.NextBut([other])?.Name() ?? "nothing"}",
                $"to boot it anyway, first run kboot assess reset {other.Name()}");
        }

        return other;
    }

    private static Slot Other(Slot slot) => slot == Slot.Passive ? Slot.Active : Slot.Passive;
}
