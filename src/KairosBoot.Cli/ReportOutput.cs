using System.Text.Json;
using KairosBoot.Lifecycle;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>The last boots of a machine, for a person and for a program.</summary>
internal static class ReportOutput
{
    /// <summary>The texts that an archive for support has besides the machine's files.</summary>
    internal static Dictionary<string, string> ForArchive(MachineReport report)
    {
        var text = new StringWriter();
        Print(report, new PrintableWriter(text));
        var all = new Dictionary<string, string> { ["report.txt"] = text.ToString() };
        if (report.Files.State is null) return all;
        try
        {
            using var location = BootStateLocation.Open(report.Files.IsThisMachine ? null : report.Files.State);
            all["status.json"] = JsonOutput.ToText(StatusCommand.Members(location, BootStatus.Read(location)));
        }
        // What is broken on the machine must not keep the other files out of the archive.
        catch (Exception e) when (e is OperatorException or SyscallException)
        {
            all["status.json"] = JsonOutput.ToText(writer => writer.WriteString("problem", e.Message));
        }

        return all;
    }

    internal static void Print(MachineReport report) => Print(report, PrintableWriter.Output);

    private static void Print(MachineReport report, PrintableWriter output)
    {
        if (report.Boot is { } boot)
        {
            output.WriteWord("", boot.Verdict, ReportText.Verdict(boot, report.Good)[boot.Verdict.Length..]);
            Lines(output, ReportText.Problems(boot), "  ");
            Section(output, "slowest", ReportText.Slowest(report.Slowest, boot));
            Section(output, "phases", ReportText.Phases(boot));
        }

        if (!report.Files.IsThisMachine && report.Counters is { } block)
            Section(output, $"counters in {report.Files.State}{SystemPaths.BootState}", Counters(block));
        Section(output, "last boots, the newest first", ReportText.Boots(report.Boots));
        Lines(output, report.Notes, "  ");
        if (report.DamagedLines > 0) output.WriteLine($"  {report.DamagedLines} damaged lines of the list are left out");
        if (report.Files.IsThisMachine) Section(output, "differs from the usual", Differences(report));
    }

    private static IEnumerable<string> Differences(MachineReport report) => report.Differences switch
    {
        null => ["not known: too few good boots are in the list"],
        [] => ["nothing"],
        { } found => found,
    };

    private static IEnumerable<string> Counters(BootBlock block)
    {
        if (block.Problem is not null) yield return block.Problem;
        foreach (var slot in block.Counters.Order)
        {
            var counter = block.Counters[slot];
            var good = counter.Good ? "yes" : "no";
            yield return $"{slot.Name(),-8}  tries {counter.Left}  good {good,-3}  image {counter.Image}".TrimEnd();
        }

        if (block.Counters.Fault is { } fault) yield return $"marked bad: {fault.Sentence}";
        if (block.Counters.VolumeFault is { } volume) yield return $"volume: {volume.Sentence}";
    }

    private static void Section(TextWriter output, string title, IEnumerable<string> lines)
    {
        output.WriteLine();
        output.WriteLine(title + ":");
        Lines(output, lines, "  ");
    }

    private static void Lines(TextWriter output, IEnumerable<string> lines, string indent)
    {
        foreach (var line in lines) output.WriteLine(indent + line.Replace("\n", "\n" + indent));
    }

    internal static void WriteJson(MachineReport report) => JsonOutput.Write(writer =>
    {
        if (report.Boot is { } boot) WriteBoot(writer, report, boot);
        if (report.Counters is { } block)
        {
            writer.WriteStartObject("counters");
            writer.WriteString("problem", block.Problem);
            foreach (var slot in block.Counters.Order) writer.WriteNumber(slot.Name(), block.Counters[slot].Left);
            writer.WriteString("givenUp", block.Counters.Fault?.Sentence);
            writer.WriteEndObject();
        }

        WriteBoots(writer, report);
        writer.WriteNumber("damagedLines", report.DamagedLines);
        JsonOutput.WriteArray(writer, "notes", report.Notes);
        if (report.Differences is { } differences) JsonOutput.WriteArray(writer, "differences", differences);
    });

    private static void WriteBoot(Utf8JsonWriter writer, MachineReport report, ReportedBoot boot)
    {
        writer.WriteString("verdict", boot.Verdict);
        writer.WriteString("slot", boot.Slot?.Name());
        writer.WriteString("why", boot.IsFallback ? "fallback" : boot.Why?.Name());
        writer.WriteBoolean("markedGood", report.Good is not null);
        writer.WriteNumber("kernelMicroseconds", boot.KernelMicroseconds);
        writer.WriteNumber("stageMicroseconds", boot.StageMicroseconds);
        JsonOutput.WriteArray(writer, "problems", ReportText.Problems(boot));
        writer.WriteStartArray("slowest");
        foreach (var bar in report.Slowest)
        {
            writer.WriteStartObject();
            writer.WriteString("kind", bar.Kind switch
            {
                TimelineKind.Kernel => "kernel",
                TimelineKind.Phase => "phase",
                TimelineKind.Step => "step",
                _ => "entry",
            });
            writer.WriteString("name", bar.Name);
            writer.WriteNumber("startMicroseconds", bar.Start);
            writer.WriteNumber("microseconds", bar.Length);
            writer.WriteString("waitedFor", bar.WaitsFor);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteBoots(Utf8JsonWriter writer, MachineReport report)
    {
        writer.WriteStartArray("boots");
        foreach (var row in report.Boots)
        {
            writer.WriteStartObject();
            if (row.Time is { } time) writer.WriteNumber("time", time);
            writer.WriteString("slot", row.Slot?.Name());
            writer.WriteString("result", row.Result);
            writer.WriteString("why", row.Why);
            if (row.Good is { } good)
            {
                writer.WriteString("image", good.Image);
                writer.WriteNumber("kernelMilliseconds", good.Kernel);
                writer.WriteNumber("initrdMilliseconds", good.Initrd);
                writer.WriteNumber("systemMilliseconds", good.System);
                writer.WriteNumber("lostTries", good.Lost);
                writer.WriteNumber("warnings", good.Warnings);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
