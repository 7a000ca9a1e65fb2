using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>Prints what <c>kboot upgrade --dry-run</c> has found.</summary>
internal static class UpgradePreviewOutput
{
    private const int Refused = 1;

    /// <returns>The exit code: 1 if the upgrade would be refused.</returns>
    internal static int Print(UpgradePreview preview, bool json)
    {
        if (json) PrintJson(preview);
        else PrintText(preview);
        return preview.Problems.Count == 0 ? 0 : Refused;
    }

    private static void PrintJson(UpgradePreview preview) => JsonOutput.Write(writer =>
    {
        writer.WriteString("slot", preview.Slot);
        writer.WriteBoolean("refused", preview.Problems.Count > 0);
        writer.WriteString("imageId", preview.ImageId);
        if (preview.SizeBytes is { } size) writer.WriteNumber("bytes", size);
        else writer.WriteNull("bytes");
        writer.WriteString("outcome", preview.Outcome);
        writer.WriteString("passive", preview.Passive);
        writer.WriteBoolean("updatesMenu", preview.UpdatesMenu);
        writer.WriteStartArray("problems");
        foreach (var problem in preview.Problems)
        {
            writer.WriteStartObject();
            writer.WriteString("problem", problem.Problem);
            writer.WriteString("fix", problem.Fix);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        JsonOutput.WriteArray(writer, "notes", preview.Notes);
        JsonOutput.WriteArray(writer, "warnings", preview.Warnings);
    });

    private static void PrintText(UpgradePreview preview)
    {
        foreach (var warning in preview.Warnings)
            Console.Error.WriteLine($"warning: {warning}");
        foreach (var problem in preview.Problems)
            Console.Error.WriteLine($"kboot: {problem.Problem}\nto fix: {problem.Fix}");
        if (preview.IsExisting)
        {
            Console.WriteLine($"{preview.Outcome}; an upgrade would write nothing");
            return;
        }

        Console.WriteLine(preview.Problems.Count > 0 ? "the upgrade would be refused; nothing was written"
            : $"an upgrade would succeed, nothing was written. After it: {preview.Outcome}");
        if (preview.Problems.Count == 0) PrintImages(preview);
        foreach (var note in preview.Notes)
            Console.WriteLine(note);
        if (preview.UpdatesMenu) Console.WriteLine("the boot menu would be updated too");
        else if (preview.Menu is not null) Console.WriteLine(preview.Menu);
    }

    private static void PrintImages(UpgradePreview preview)
    {
        var id = preview.ImageId.Length > 0 ? preview.ImageId : "an id that depends on the written file";
        Console.WriteLine($"{preview.Slot,-8} {id}{(preview.SizeBytes is { } size ? $", {ByteSize.Text(size)}" : "")}");
        if (preview.Passive is not null) Console.WriteLine($"passive  {(preview.Passive.Length > 0 ? preview.Passive : "no image")}");
    }
}
