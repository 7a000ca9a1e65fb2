using System.CommandLine;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot rollback</c></summary>
internal static class RollbackCommand
{
    internal static Command Create()
    {
        var state = BootStateLocation.Option;
        var command = new Command("rollback", "Boot the other image first from now on: passive, or active again. The next upgrade makes active the first.") { state };
        command.SetAction(parsed =>
        {
            using var place = BootStateLocation.Open(parsed.GetValue(state));
            var after = place.Change(counters => counters with { First = Other(place, counters), Once = null });
            Console.WriteLine($"{after.First.Name()} is booted first from now on; {Other(after.First).Name()} if it fails");
        });
        return command;
    }

    private static Slot Other(BootStateLocation place, BootCounters counters)
    {
        var other = Other(counters.First);
        if (place.ImageIn(other) is null)
            throw new OperatorException($"there is no {other.Name()} image to go back to", "an upgrade makes one; kboot select recovery boots recovery");
        if (counters[other].Left == 0)
        {
            throw new OperatorException(
                $"{other.Name()} was given up{(counters.Fault?.Slot == other ? $" ({counters.Fault.Sentence})" : "")}: going back to it would boot {counters.NextExcept([other])?.Name() ?? "nothing"}",
                $"if it is to be tried all the same: kboot assess reset {other.Name()}");
        }

        return other;
    }

    private static Slot Other(Slot slot) => slot == Slot.Passive ? Slot.Active : Slot.Passive;
}
