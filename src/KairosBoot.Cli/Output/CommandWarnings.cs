using System.Text.Json;
using KairosBoot.Image;

namespace KairosBoot.Cli;

/// <summary>Warnings of a command: printed at once, or kept for the member <c>warnings</c> of its JSON object.</summary>
internal sealed class CommandWarnings(bool json) : IDisposable
{
    private readonly List<string> kept = [];

    internal void Add(string warning)
    {
        if (json) kept.Add(warning);
        else Print(warning);
    }

    /// <param name="warning">Null: there is none.</param>
    internal void Add(TreeFinding? warning)
    {
        if (warning is null) return;
        if (json)
        {
            kept.Add($"{warning.Problem}; to fix: {warning.Fix}");
            return;
        }

        Print(warning.Problem);
        ProblemOutput.PrintFix(PrintableWriter.Errors, warning.Fix);
    }

    internal void Write(Utf8JsonWriter writer)
    {
        JsonOutput.WriteArray(writer, "warnings", kept);
        kept.Clear();
    }

    /// <summary>Prints what is still kept: the command failed before it printed its object.</summary>
    public void Dispose() => kept.ForEach(Print);

    private static void Print(string warning) => PrintableWriter.Errors.WriteWord("", "warning:", $" {warning}");
}
