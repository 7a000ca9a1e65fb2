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
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var state = BootStateLocation.Option;
        var command = new Command("kargs", "Show or change this machine's kernel arguments. Upgrades keep them; a change is tested by the next boots.")
        {
            json,
            state,
            Change("add", "Add kernel arguments.", (arguments, slot, word) => arguments.Add(slot, word), wordsNeeded: true),
            Change("remove", "Remove kernel arguments: WORD is a whole argument, or a NAME for all NAME=...", Remove, wordsNeeded: true),
            Change("clear", "Remove all kernel arguments of this machine.", (arguments, slot, _) => arguments.With(slot, []), wordsNeeded: false),
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
        var slot = new Option<string?>("--slot") { Description = "Change only the arguments of active, passive or recovery (default: those of all slots)", HelpName = "SLOT" };
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
                    : throw new OperatorException(problem, "write each argument as one word, as on a kernel command line");
            });
            Print(file);
        });
        return command;
    }

    private static Kargs Remove(Kargs before, Slot? slot, string word)
    {
        var after = before.Remove(slot, word);
        return !after.SameAs(before) ? after
            : throw new OperatorException($"{(slot is { } one ? one.Name() : "the machine")} has no kernel argument {word}", "list the arguments: kboot kargs");
    }

    private static void Print(KargsFile file)
    {
        var (proven, trial) = (file.Proven, file.Pending);
        Print(trial ?? proven);
        if (trial is not null)
        {
            Console.WriteLine("pending: the next boots use them, except the last try of a slot; a boot with them that is marked good makes them permanent");
        }
        else if (file.GivenUp is { } given && given.Serial > proven.Serial)
        {
            Console.WriteLine("rejected: only a boot without them reached \"good\":");
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
            Write(writer, "givenUp", file.GivenUp);
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
