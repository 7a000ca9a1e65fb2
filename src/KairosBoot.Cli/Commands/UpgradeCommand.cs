using System.CommandLine;
using KairosBoot.Lifecycle;

namespace KairosBoot.Cli;

/// <summary><c>kboot upgrade</c></summary>
internal static class UpgradeCommand
{
    internal static Command Create()
    {
        var (source, modes, target) = (new UpgradeSourceOptions(), new UpgradeModeOptions(), new TargetOptions());
        var recovery = new Option<bool>("--recovery") { Description = "Upgrade recovery instead of active" };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON" };
        var command = new Command("upgrade",
            "Install a new image as active; the running image becomes passive. The next boot uses the new image.")
        {
            recovery, json,
        };
        modes.AddTo(command, source);
        source.RefuseAssessmentOf(command, recovery);
        target.AddTo(command);
        command.SetAction(parsed => InterruptibleWork.Run(
            cancellationToken =>
            {
                using var system = target.Open(parsed);
                var (isRecovery, isJson) = (parsed.GetValue(recovery), parsed.GetValue(json));
                if (modes.IsDryRun(parsed))
                {
                    var preview = UpgradeDryRun.Run(source.Request(parsed, isRecovery), system, cancellationToken);
                    return UpgradePreviewOutput.Print(preview, isJson);
                }

                var (result, warnings) = WithProgress(system, cancellationToken,
                    upgrade => modes.IsStaged(parsed) ? upgrade.UpgradeToStaged(isRecovery)
                        : modes.IsDownload(parsed) ? upgrade.Stage(source.Request(parsed, isRecovery))
                        : upgrade.Upgrade(source.Request(parsed, isRecovery)));
                Print(result, warnings, isJson);
                return 0;
            },
            "the system is unchanged"));
        return command;
    }

    /// <returns>The result, and the errors of the stages before and after the upgrade.</returns>
    internal static (UpgradeResult Result, IReadOnlyList<string> Warnings) Upgrade(UpgradeRequest request, TargetSystem target,
        CancellationToken cancellationToken) => WithProgress(target, cancellationToken, upgrade => upgrade.Upgrade(request));

    private static (UpgradeResult Result, IReadOnlyList<string> Warnings) WithProgress(TargetSystem target,
        CancellationToken cancellationToken, Func<UpgradeWithStages, (UpgradeResult Result, IReadOnlyList<string> Warnings)> work)
    {
        using var progress = new Progress();
        return work(new UpgradeWithStages(target, new StageLogger(verbose: false), progress.Show, progress.Dispose, cancellationToken));
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
                writer.WriteBoolean("staged", result.IsStaged);
                writer.WriteString("menu", result.Menu);
                JsonOutput.WriteArray(writer, "added", result.Added);
                JsonOutput.WriteArray(writer, "notes", result.Notes);
                JsonOutput.WriteArray(writer, "warnings", [.. result.Warnings, .. warnings]);
            });
            return;
        }

        foreach (var warning in result.Warnings)
            PrintableWriter.Errors.WriteWord("", "warning:", $" {warning}");
        Console.WriteLine($"{result.Outcome}; {NextStep(result)}");
        foreach (var note in result.Notes)
            Console.WriteLine(note);
        if (result.Added.Count > 0) Console.WriteLine("added to the tree:");
        foreach (var added in result.Added) Console.WriteLine($"  {added}");
        if (result.Menu is not null) Console.WriteLine(result.Menu);
    }

    private static string NextStep(UpgradeResult result) => result switch
    {
        { IsStaged: true, Slot: "recovery" } => "to use it: kboot upgrade --recovery --staged",
        { IsStaged: true } => "to use it: kboot upgrade --staged, then reboot",
        { NeedsReboot: true } => "reboot to use it",
        _ => "no reboot is needed",
    };
}
