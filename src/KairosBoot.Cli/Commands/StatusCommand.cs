using System.CommandLine;
using System.Text.Json;
using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot status</c></summary>
internal static class StatusCommand
{
    private static readonly Slot[] Slots = [Slot.Active, Slot.Passive, Slot.Recovery];

    internal static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var state = BootStateLocation.Option;
        var command = new Command("status", "Show the slots: tries left, the next one to boot, and why a slot was marked bad.") { json, state };
        command.SetAction(parsed =>
        {
            using var place = BootStateLocation.Open(parsed.GetValue(state));
            var block = BootStateFile.Read(place.Block);
            if (parsed.GetValue(json))
                PrintJson(place, block);
            else
                Print(place, block);
        });
        return command;
    }

    private static void Print(BootStateLocation place, BootBlock block)
    {
        var counters = block.Counters;
        Console.WriteLine("slot      tries  good  notes");
        foreach (var slot in Slots)
            Console.WriteLine($"{slot.Name(),-8}  {Tries(block, slot),5}  {(counters[slot].Good ? "yes" : "no"),-4}  {string.Join(", ", Notes(place, block, slot))}".TrimEnd());
        if (block.Problem is not null)
            Console.WriteLine($"assessment inoperative: {place.Block} {block.Problem}; to fix: kboot assess reset");
        else if (counters.Next is null)
            Console.WriteLine("no slot has tries left: the next boot stops with a message; to fix: kboot assess reset");
        if (counters.Fault is { } fault) Console.WriteLine($"marked bad: {fault.Sentence}");
        foreach (var failure in FailedBoots(place))
            Console.WriteLine($"failed boot: {failure.Summary}");
    }

    private static string Tries(BootBlock block, Slot slot) => block.Usable ? $"{block.Counters[slot].Left}" : "-";

    private static IEnumerable<string> Notes(BootStateLocation place, BootBlock block, Slot slot)
    {
        if (place.Booted?.Slot == slot) yield return "running";
        if (block.Usable && block.Counters.Next == slot) yield return block.Counters.Once == slot ? "next, once" : "next";
        if (block.Counters.First == slot && slot != Slot.Active) yield return "first from now on";
        // A try that runs may still report good, and of a verdict there is a line of its own.
        if (block.Usable && block.Counters[slot].Left == 0 && place.Booted?.Slot != slot && block.Counters.Fault?.Slot != slot) yield return "no tries left: its last boots were not marked good";
        if (slot == Slot.Recovery) yield break;
        var (image, known) = (place.ImageIn(slot), block.Counters[slot].Image);
        if (image is not null && image == block.Counters.Pinned) yield return "pinned";
        if (image is null) yield return "no image";
        else if (known.Length > 0 && known != image) yield return "image replaced; the tries belong to the old one";
    }

    private static IEnumerable<FailureRecord> FailedBoots(BootStateLocation place)
    {
        string[] places = place.Booted is null ? [place.Directory] : [SystemPaths.Oem, place.Directory];
        return places.SelectMany(directory => FailureStore.ReadReported(directory).AddRange(FailureStore.Read(directory))).OrderBy(record => record.Time).TakeLast(3);
    }

    private static void PrintJson(BootStateLocation place, BootBlock block)
    {
        using (var writer = new Utf8JsonWriter(Console.OpenStandardOutput(), new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("block", place.Block);
            writer.WriteString("problem", block.Problem);
            writer.WriteString("booted", place.Booted?.Slot.Name());
            writer.WriteString("next", block.Counters.Next?.Name());
            writer.WriteString("once", block.Counters.Once?.Name());
            writer.WriteString("first", block.Counters.First.Name());
            writer.WriteString("last", block.Counters.Last?.Name());
            writer.WriteString("givenUp", block.Counters.Fault?.Sentence);
            writer.WriteString("pinned", block.Counters.Pinned.Length > 0 ? block.Counters.Pinned : null);
            writer.WriteStartArray("slots");
            foreach (var slot in Slots)
            {
                writer.WriteStartObject();
                writer.WriteString("slot", slot.Name());
                writer.WriteNumber("triesLeft", block.Counters[slot].Left);
                writer.WriteBoolean("good", block.Counters[slot].Good);
                writer.WriteString("imageCounted", block.Counters[slot].Image);
                writer.WriteString("imageThere", place.ImageIn(slot));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("failedBoots");
            foreach (var failure in FailedBoots(place))
                writer.WriteStringValue(failure.Summary);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        Console.WriteLine();
    }
}
