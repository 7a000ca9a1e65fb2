using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace KairosBoot.Plan.Tests;

/// <summary>
/// All places where the programs print text: a scan of the sources. A new place must use PrintableText and be added to this list with its
/// reason.
/// </summary>
public sealed class SinkTests
{
    private static readonly string[] JsonWriters = ["KairosBoot.Cli/JsonOutput.cs"];

    /// <summary>The call that prints, the files that may use it, and the reason.</summary>
    private static readonly (string Pattern, string[] Files, string Reason)[] Sinks =
    [
        (@"\bConsole\.(Out|Error|Write|WriteLine)\b", ["KairosBoot.Cli/*"], "Program.cs replaces both by a PrintableWriter"),
        (@"\bOpenStandard(Output|Error)\b",
            ["KairosBoot.Cli/PrintableWriter.cs", "KairosBoot.Cli/Progress.cs"],
            "writes nothing, to start the library's console; Progress cleans its text and adds its own control characters"),
        (@"\bUtf8JsonWriter\(|JavaScriptEncoder", JsonWriters, "with its default encoder"),
        (@"""/?dev/(kmsg|console|tty)", ["KairosBoot.Linux/Kernel/KernelLog.cs", "KairosBoot.Image/Initrd/InitrdBuilder.cs"],
            "cleans; makes the node"),
        (@"\bFileHandle\([12],", ["KairosBoot.Init/Stages/StageProtocol.cs", "KairosBoot.Cli/StageLogger.cs"],
            "a pipe to PID 1, which logs it; a stat of the stream"),
        (@"\bSystemPaths\.(Log|Motd)\b",
            ["KairosBoot.Init/BootLog.cs", "KairosBoot.Init/Failures/FailureKeeping.cs", "KairosBoot.Init/SlotCounting.cs",
                "KairosBoot.Plan/Reports/BundleFile.cs", "KairosBoot.Lifecycle/Reports/MachineFiles.cs",
                "KairosBoot.Lifecycle/Reports/BundleContent.cs"],
            "cleans; reads; cleans; all others read"),
        (@"\bSystemPaths\.FailedBoots", ["KairosBoot.Execution/BootState/FailureStore.cs", "KairosBoot.Init/Failures/FailureKeeping.cs",
                "KairosBoot.Plan/Reports/BundleFile.cs", "KairosBoot.Lifecycle/Reports/MachineFiles.cs"],
            "FailureFile cleans; names the path; read"),
    ];

    /// <summary>Files that print by themselves, so they must clean the text.</summary>
    private static readonly string[] Cleaning =
    [
        "KairosBoot.Cli/PrintableWriter.cs", "KairosBoot.Cli/Progress.cs", "KairosBoot.Init/BootLog.cs", "KairosBoot.Init/SlotCounting.cs",
        "KairosBoot.Linux/Kernel/KernelLog.cs", "KairosBoot.Plan/Failures/FailureFile.cs", "KairosBoot.Plan/Failures/FailureRecord.cs",
        "KairosBoot.Plan/Reports/GoodBootFile.cs", "KairosBoot.Plan/Reports/TimelineSvg.cs", "KairosBoot.Plan/Texts/JsonText.cs",
    ];

    private static string Sources([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../src"));

    private static IEnumerable<(string Name, string Text)> Files() =>
        Directory.EnumerateFiles(Sources(), "*.cs", SearchOption.AllDirectories).Where(path => !path.Contains("/obj/"))
            .Select(path => (Path.GetRelativePath(Sources(), path), File.ReadAllText(path)));

    private static bool Covers(string pattern, string name) =>
        pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : name == pattern;

    [Fact]
    public void Text_leaves_the_programs_only_through_the_printers()
    {
        var found = Files().SelectMany(file => Sinks
                .Where(sink => Regex.IsMatch(file.Text, sink.Pattern) && !sink.Files.Any(allowed => Covers(allowed, file.Name)))
                .Select(sink => $"{file.Name}: {sink.Pattern}"));
        Assert.Empty(found);
    }

    [Fact]
    public void Every_file_of_the_list_has_a_sink()
    {
        var files = Files().ToList();
        foreach (var sink in Sinks)
        {
            foreach (var allowed in sink.Files)
                Assert.Contains(files, file => Covers(allowed, file.Name) && Regex.IsMatch(file.Text, sink.Pattern));
        }
    }

    [Fact]
    public void Every_printer_cleans_what_it_prints()
    {
        foreach (var name in Cleaning) Assert.Contains("PrintableText.", File.ReadAllText(Path.Combine(Sources(), name)));
        Assert.Matches(@"\A(using [^\n]+\n|\n)*PrintableWriter\.Install\(\);",
            File.ReadAllText(Path.Combine(Sources(), "KairosBoot.Cli/Program.cs")));
    }

    [Fact]
    public void Only_printers_clean_text()
    {
        Assert.Equal(Cleaning.Append("KairosBoot.Plan/Texts/PrintableText.cs").Order(StringComparer.Ordinal),
            Files().Where(file => Regex.IsMatch(file.Text, @"\bPrintableText\.|class PrintableText\b")).Select(file => file.Name)
                .Except(["KairosBoot.Cli/Program.cs"]).Order(StringComparer.Ordinal));
    }
}
