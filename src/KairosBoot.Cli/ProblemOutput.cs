using System.Text.Json;
using KairosBoot.CloudConfig;

namespace KairosBoot.Cli;

/// <summary>Problems of cloud-configs, for a person and for a program.</summary>
internal static class ProblemOutput
{
    /// <summary><c>2 errors, 1 warning</c></summary>
    internal static string Count(IReadOnlyCollection<StageProblem> problems)
    {
        var warnings = problems.Count(problem => problem.IsWarning);
        return Count(problems.Count - warnings, warnings);
    }

    internal static string Count(int errors, int warnings) => $"{Plural(errors, "error")}, {Plural(warnings, "warning")}";

    /// <summary>Prints the line below a problem.</summary>
    internal static void PrintFix(PrintableWriter output, string fix) => output.WriteWord("  ", "to fix:", $" {fix}");

    private static string Plural(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>Writes the member <c>problems</c> of the current object.</summary>
    internal static void Write(Utf8JsonWriter writer, IReadOnlyCollection<StageProblem> problems)
    {
        writer.WriteStartArray("problems");
        foreach (var problem in problems)
        {
            writer.WriteStartObject();
            writer.WriteString("severity", problem.IsWarning ? "warning" : "error");
            writer.WriteString("file", problem.File);
            writer.WriteNumber("line", problem.Line);
            if (problem.Column > 0) writer.WriteNumber("column", problem.Column);
            writer.WriteString("entry", problem.Entry);
            writer.WriteString("key", problem.Key);
            writer.WriteString("reason", problem.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
