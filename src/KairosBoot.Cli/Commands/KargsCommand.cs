using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using KairosBoot.Execution;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot kargs</c></summary>
internal static class KargsCommand
{
    // Null: the arguments of all slots.
    private static readonly ImmutableArray<Slot?> Kinds = [null, Slot.Active, Slot.Passive, Slot.Recovery];

    internal static Command Create()
    {
        var json = JsonOutput.Option;
        json.Recursive = true;
        // Also for the verbs below, where both may stand before or after the verb.
        var state = BootStateOptions.State;
        state.Recursive = true;
        var command = new Command("kargs",
            "Show or change this machine's kernel arguments. Upgrades keep them; a change is tested by the next boots.")
        {
            json,
            state,
            Change("add", "Add kernel arguments.", Run, KargsEdit.Add),
            Change("remove", "Remove kernel arguments: WORD is a whole argument, or a NAME for all NAME=...", Run, KargsEdit.Remove),
            Change("clear", "Remove all kernel arguments of this machine.", Run, (file, slot, _) => KargsEdit.Clear(file, slot),
                hasWords: false),
        };
        command.SetAction(parsed => Run(parsed, _ => { }));
        return command;

        void Run(ParseResult parsed, Action<KargsFile> change)
        {
            using var location = BootStateLocation.Open(parsed.GetValue(state));
            var file = new KargsFile(location.Directory);
            change(file);
            if (parsed.GetValue(json)) PrintJson(file);
            else Print(file);
        }
    }

    private static Command Change(string name, string description, Action<ParseResult, Action<KargsFile>> run,
        Action<KargsFile, Slot?, IReadOnlyList<string>> change, bool hasWords = true)
    {
        var words = new Argument<string[]>("WORD")
        {
            Description = "A kernel argument, for example console=ttyS1,115200", Arity = ArgumentArity.OneOrMore,
        };
        var slot = BootStateOptions.OnlySlot;
        var command = new Command(name, description) { slot };
        if (hasWords) command.Add(words);
        command.SetAction(parsed => run(parsed, file =>
            change(file, SlotNames.TryParse(parsed.GetValue(slot)), hasWords ? parsed.GetRequiredValue(words) : [])));
        return command;
    }

    private static void Print(KargsFile file)
    {
        var (proven, pending) = (file.Proven, file.Pending);
        Print(pending ?? proven);
        if (pending is not null)
        {
            Console.WriteLine("pending: the next boots use them, except the last try of a slot; " +
                "a boot with them that is marked good makes them permanent");
        }
        else if (file.Rejected is { } rejected && rejected.Serial > proven.Serial)
        {
            Console.WriteLine("rejected: only a boot without them reached \"good\":");
            Print(rejected);
        }
    }

    private static void Print(Kargs arguments)
    {
        Console.WriteLine("for        arguments");
        foreach (var kind in Kinds)
        {
            if (kind is null || !arguments[kind].IsEmpty)
                Console.WriteLine($"{Name(kind),-9}  {string.Join(' ', arguments[kind])}".TrimEnd());
        }
    }

    private static void PrintJson(KargsFile file) => JsonOutput.Write(writer =>
    {
        Write(writer, "proven", file.Proven);
        Write(writer, "pending", file.Pending);
        Write(writer, "rejected", file.Rejected);
    });

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
            JsonOutput.WriteArray(writer, Name(kind), arguments[kind]);
        writer.WriteEndObject();
    }

    private static string Name(Slot? kind) => kind is { } slot ? slot.Name() : "all";
}
