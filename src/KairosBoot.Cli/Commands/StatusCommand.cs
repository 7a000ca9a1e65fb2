using System.CommandLine;
using System.Text.Json;
using KairosBoot.Lifecycle;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot status</c></summary>
internal static class StatusCommand
{
    internal static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var state = BootStateOptions.State;
        var command = new Command("status",
            "Show the slots: tries left, the next one to boot, and why a slot was marked bad. Exit 1 if the counters are unusable.")
        {
            json, state,
        };
        command.SetAction(parsed =>
        {
            using var location = BootStateLocation.Open(parsed.GetValue(state));
            var status = BootStatus.Read(location);
            if (parsed.GetValue(json))
                JsonOutput.Write(Members(location, status));
            else
                Print(location, status);
            return status.Block.Usable || location.HasNoCounters ? 0 : 1;
        });
        return command;
    }

    private static void Print(BootStateLocation location, BootStatus status)
    {
        var (block, counters) = (status.Block, status.Block.Counters);
        if (status.Running is { } running)
        {
            PrintableWriter.Output.WriteWord($"running: {running.Boot.Slot.Name()}, verdict ", running.Boot.Verdict,
                running.Image.Length > 0 ? $", image {running.Image}" : "");
            if (running.SystemText.Length > 0) Console.WriteLine($"system: {running.SystemText}");
        }

        Console.WriteLine("slot      tries  good  notes");
        foreach (var slot in status.Slots)
        {
            var tries = block.Usable ? $"{slot.Counter.Left}" : "-";
            var good = slot.Counter.Good ? "yes" : "no";
            Console.WriteLine($"{slot.Slot.Name(),-8}  {tries,5}  {good,-4}  {string.Join(", ", status.Notes(slot))}".TrimEnd());
        }

        if (location.HasNoCounters)
        {
            Console.WriteLine("boot menu: that of Kairos; kboot counts no boots on this disk and does not choose slots");
        }
        else if (block.Problem is not null)
        {
            Console.WriteLine($"assessment inoperative: {location.Block} {block.Problem}; to fix: kboot assess reset");
        }
        else if (counters.Next is null)
        {
            Console.WriteLine(
                $"no slot has tries left: the next boot stops for {counters.Stop().StopMinutes} min; to fix: kboot assess reset");
        }

        if (status.Staged is { } staged) Console.WriteLine($"staged: image {staged.ImageId}; to switch to it: kboot upgrade --staged");
        if (counters.Fault is { } fault) Console.WriteLine($"marked bad: {fault.Sentence}");
        if (Deadline(location) is { SecondsLeft: var seconds } deadline)
        {
            var when = seconds > 0 ? $"in {(seconds + 59) / 60} min" : "when the running upgrade, installation or reset ends";
            Console.WriteLine($"not marked good yet: the machine reboots {when} ({GoodDeadline.Option}=)" +
                (deadline.Prolonged > 0 ? ", prolonged because a cloud-config stage is running" : ""));
        }

        if (counters.VolumeFault is { } volume)
        {
            Console.WriteLine($"volume: {volume.Sentence}" + (status.RetryMinutes is { } minutes
                ? $"; recovery tries the normal order again when it is whole, or {minutes} min after its start" : ""));
        }

        if (status.ResetRequest is { } reset) Console.WriteLine($"reset: {reset}");
        if (counters.Stops > 0) Console.WriteLine($"stopped since the last good boot: {counters.Stops}");
        foreach (var failure in status.FailedBoots)
            Console.WriteLine($"failed boot: {failure}");
        foreach (var problem in status.OptionProblems)
            Console.WriteLine($"boot options: {problem}");
    }

    /// <summary>What <c>--json</c> shows.</summary>
    internal static Action<Utf8JsonWriter> Members(BootStateLocation location, BootStatus status) => writer =>
    {
        var counters = status.Block.Counters;
        writer.WriteString("block", location.Block);
        writer.WriteString("problem", status.Block.Problem);
        writer.WriteString("booted", location.Booted?.Slot.Name());
        if (status.Running is { } running)
        {
            writer.WriteString("verdict", running.Boot.Verdict);
            writer.WriteString("imageId", running.Image);
            writer.WriteString("name", running.Name);
            writer.WriteString("version", running.Version);
            writer.WriteString("built", running.Built);
        }

        writer.WriteString("next", counters.Next?.Name());
        writer.WriteString("once", counters.Once?.Name());
        writer.WriteString("first", counters.First.Name());
        writer.WriteString("last", counters.Last?.Name());
        writer.WriteString("staged", status.Staged?.ImageId);
        writer.WriteString("givenUp", counters.Fault?.Sentence);
        writer.WriteString("pinned", counters.Pinned.Length > 0 ? counters.Pinned : null);
        writer.WriteNumber("stops", counters.Stops);
        if (counters.VolumeFault is { } volume)
        {
            writer.WriteStartObject("volumeFailure");
            writer.WriteString("volume", volume.Volume);
            writer.WriteString("reason", volume.Sentence);
            writer.WriteNumber("boots", volume.Boots);
            if (status.RetryMinutes is { } minutes) writer.WriteNumber("retryMinutes", minutes);
            writer.WriteEndObject();
        }

        writer.WriteString("reset", status.ResetRequest);
        WriteSlots(writer, status);
        JsonOutput.WriteArray(writer, "failedBoots", status.FailedBoots);
        writer.WriteString("menu", location.HasKairosMenu ? "kairos" : "kboot");
        JsonOutput.WriteArray(writer, "optionProblems", status.OptionProblems);
        if (Deadline(location) is { } deadline) writer.WriteNumber("goodWithinSecondsLeft", deadline.SecondsLeft);
    };

    private static void WriteSlots(Utf8JsonWriter writer, BootStatus status)
    {
        writer.WriteStartArray("slots");
        foreach (var slot in status.Slots)
        {
            writer.WriteStartObject();
            writer.WriteString("slot", slot.Slot.Name());
            writer.WriteNumber("triesLeft", slot.Counter.Left);
            writer.WriteBoolean("good", slot.Counter.Good);
            writer.WriteString("imageCounted", slot.Counter.Image);
            writer.WriteString("imageThere", slot.Image);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    // The report of kairos-boot, which says how this boot is counted, can be read by root and its group only.
    private static GoodDecision? Deadline(BootStateLocation location) =>
        location.Booted is not null && Syscall.GetEUid() == 0 && GoodWatch.Look().Decision is { Action: not GoodAction.End } decision
            ? decision : null;
}
