using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot kargs</c></summary>
internal static class KargsCommand
{
    private static readonly ImmutableArray<Slot?> Kinds = [null, Slot.Active, Slot.Passive, Slot.Recovery];

    internal static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Machine-readable" };
        var state = BootStateLocation.Option;
        var command = new Command("kargs", "This machine's own kernel arguments: kept over upgrades, tried before they stay.")
        {
            json,
            state,
            Change("add", "Start the machine with these too.", (arguments, slot, word) => arguments.Add(slot, word), wordsNeeded: true),
            Change("remove", "Start it without these: whole words, or a name for all words NAME=...", Remove, wordsNeeded: true),
            Change("clear", "Start it without any of its own.", (arguments, slot, _) => arguments.With(slot, []), wordsNeeded: false),
        };
        command.SetAction(parsed =>
        {
            using var place = BootStateLocation.Open(parsed.GetValue(state));
            var file = new KargsFile(place.Directory);
            if (parsed.GetValue(json)) PrintJson(file);
            else Print(file);
        });
        return command;
    }

    private static Command Change(string name, string description, Func<Kargs, Slot?, string, Kargs> change, bool wordsNeeded)
    {
        var words = new Argument<string[]>("WORD") { Description = "console=ttyS1,115200", Arity = ArgumentArity.OneOrMore };
        var slot = new Option<string?>("--slot") { Description = "Only for active, passive or recovery (default: for all)", HelpName = "SLOT" };
        slot.AcceptOnlyFromAmong("active", "passive", "recovery");
        var state = BootStateLocation.Option;
        var command = new Command(name, description) { slot, state };
        if (wordsNeeded) command.Add(words);
        command.SetAction(parsed =>
        {
            using var place = BootStateLocation.Open(parsed.GetValue(state));
            var kind = SlotNames.TryParse(parsed.GetValue(slot));
            var file = new KargsFile(place.Directory);
            file.Change(before =>
            {
                var after = (wordsNeeded ? parsed.GetRequiredValue(words) : [""]).Aggregate(before, (arguments, word) => change(arguments, kind, word));
                return after.Problem is not { } problem || !wordsNeeded ? after
                    : throw new OperatorException(problem, "give kernel arguments as they stand on a kernel command line, one word each");
            });
            Print(file);
        });
        return command;
    }

    private static Kargs Remove(Kargs before, Slot? slot, string word)
    {
        var after = before.Remove(slot, word);
        return !after.SameAs(before) ? after
            : throw new OperatorException($"{(slot is { } one ? one.Name() : "the machine")} has no argument {word} of its own", "kboot kargs shows what there is");
    }

    private static void Print(KargsFile file)
    {
        var (proven, trial) = (file.Proven, file.Pending);
        Print(trial ?? proven);
        if (trial is not null)
        {
            Console.WriteLine("on trial: the next boots have them, the last try of a slot has not; a boot with them that reports good makes them stay");
        }
        else if (file.Rejected is { } given && given.Serial > proven.Serial)
        {
            Console.WriteLine("given up, as only a boot without them was good:");
            Print(given);
        }
    }

    private static void Print(Kargs arguments)
    {
        Console.WriteLine("for        arguments");
        foreach (var kind in Kinds)
            if (kind is null || !arguments[kind].IsEmpty) Console.WriteLine($"{Name(kind),-9}  {string.Join(' ', arguments[kind])}".TrimEnd());
    }

    private static void PrintJson(KargsFile file)
    {
        using (var writer = new Utf8JsonWriter(Console.OpenStandardOutput(), new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            Write(writer, "proven", file.Proven);
            Write(writer, "onTrial", file.Pending);
            Write(writer, "givenUp", file.Rejected);
            writer.WriteEndObject();
        }

        Console.WriteLine();
    }

    private static void Write(Utf8JsonWriter writer, string name, Kargs? arguments)
    {
        if (arguments is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        writer.WriteNumber("serial", arguments.Serial);
        foreach (var kind in Kinds)
        {
            writer.WriteStartArray(Name(kind));
            foreach (var word in arguments[kind]) writer.WriteStringValue(word);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static string Name(Slot? kind) => kind is { } slot ? slot.Name() : "all";
}
