using System.CommandLine;
using KairosBoot.Lifecycle;

namespace KairosBoot.Cli;

/// <summary><c>kboot upgrade</c></summary>
internal static class UpgradeCommand
{
    internal static Command Create()
    {
        var source = new UpgradeSourceOptions();
        var recovery = new Option<bool>("--recovery") { Description = "Upgrade recovery instead of active" };
        var target = new TargetOptions();
        var json = new Option<bool>("--json") { Description = "Print the result as JSON" };
        var command = new Command("upgrade",
            "Install a new image as active; the running image becomes passive. The next boot uses the new image.")
        {
            recovery, json,
        };
        source.AddRequiredTo(command);
        source.RefuseAssessmentOf(command, recovery);
        target.AddTo(command);
        command.SetAction(parsed => InterruptibleWork.Run(
            cancellationToken =>
            {
                using var system = target.Open(parsed);
                var (result, warnings) = Upgrade(source.Request(parsed, parsed.GetValue(recovery)), system, cancellationToken);
                Print(result, warnings, parsed.GetValue(json));
                return 0;
            },
            "the system is unchanged"));
        return command;
    }

    /// <returns>The result, and the errors of the stages before and after the upgrade.</returns>
    internal static (UpgradeResult Result, IReadOnlyList<string> Warnings) Upgrade(UpgradeRequest request, TargetSystem target,
        CancellationToken cancellationToken)
    {
        using var progress = new Progress();
        return new UpgradeWithStages(target, new StageLogger(verbose: false), progress.Show, progress.Dispose, cancellationToken)
            .Upgrade(request);
    }

    internal static void Print(UpgradeResult result, IReadOnlyList<string> warnings, bool json)
    {
        if (json)
        {
            JsonOutput.Write(writer =>
            {
                writer.WriteString("slot", result.Slot);
                writer.WriteString("imageId", result.ImageId);
                writer.WriteNumber("bytes", result.SizeBytes);
                writer.WriteString("outcome", result.Outcome);
                writer.WriteString("menu", result.Menu);
                JsonOutput.WriteArray(writer, "added", result.Added);
                JsonOutput.WriteArray(writer, "notes", result.Notes);
                JsonOutput.WriteArray(writer, "warnings", [.. result.Warnings, .. warnings]);
            });
            return;
        }

        foreach (var warning in result.Warnings)
            Console.Error.WriteLine($"warning: {warning}");
        Console.WriteLine($"{result.Outcome}; {(result.NeedsReboot ? "reboot to use it" : "no reboot is needed")}");
        foreach (var note in result.Notes)
            Console.WriteLine(note);
        if (result.Added.Count > 0) Console.WriteLine("added to the tree:");
        foreach (var added in result.Added) Console.WriteLine($"  {added}");
        if (result.Menu is not null) Console.WriteLine(result.Menu);
    }
}
