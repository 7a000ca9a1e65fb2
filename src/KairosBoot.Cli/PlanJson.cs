using System.Text.Json;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>A planned boot for a program. The schema is src/KairosBoot.Plan/plan.schema.json.</summary>
internal static class PlanJson
{
    internal static void Write(BootPreview preview) => JsonOutput.Write(writer =>
    {
        writer.WriteNumber("schema", 1);
        writer.WriteString("slot", preview.Request.Slot.Name());
        writer.WriteString("image", preview.Request.ImagePath);
        WriteSlots(writer, preview);
        JsonOutput.WriteArray(writer, "assumptions", preview.Assumptions);
        writer.WriteStartArray("steps");
        foreach (var phase in preview.Phases)
            foreach (var act in phase.Acts) WriteAct(writer, phase.Name, act);
        writer.WriteEndArray();
        WriteProblems(writer, preview.Problems);
    });

    private static void WriteSlots(Utf8JsonWriter writer, BootPreview preview)
    {
        writer.WriteStartArray("slots");
        foreach (var turn in preview.Slots)
        {
            writer.WriteStartObject();
            writer.WriteString("slot", turn.Slot.Name());
            writer.WriteNumber("triesLeft", turn.TriesLeft);
            writer.WriteBoolean("skipped", turn.IsSkipped);
            writer.WriteString("reason", turn.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("end", preview.End);
        writer.WriteStartArray("checks");
        foreach (var check in preview.Checks)
        {
            writer.WriteStartObject();
            writer.WriteString("name", check.Name);
            writer.WriteString("result", check.ResultName);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteAct(Utf8JsonWriter writer, string phase, PlannedAct act)
    {
        writer.WriteStartObject();
        writer.WriteString("phase", phase);
        writer.WriteString("command", act.Command);
        writer.WriteString("class", act.ClassName);
        writer.WriteString("reason", act.Reason);
        writer.WriteEndObject();
    }

    private static void WriteProblems(Utf8JsonWriter writer, IEnumerable<PlanProblem> problems)
    {
        writer.WriteStartArray("problems");
        foreach (var problem in problems)
        {
            writer.WriteStartObject();
            writer.WriteString("severity", problem.IsWarning ? "warning" : "error");
            writer.WriteString("subject", problem.Subject);
            writer.WriteString("problem", problem.Problem);
            writer.WriteString("fix", problem.Fix);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
