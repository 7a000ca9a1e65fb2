using System.CommandLine;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot reset</c></summary>
internal static class ResetCommand
{
    internal static Command Create()
    {
        var oem = new Option<bool>("--oem") { Description = "Erase COS_OEM, with the machine's cloud-configs" };
        var persistent = new Option<bool>("--persistent") { Description = "Erase COS_PERSISTENT, with all data" };
        var source = new UpgradeSourceOptions();
        var json = new Option<bool>("--json") { Description = "Print the result as JSON" };
        var command = new Command("reset",
            "Reset active, passive and the boot counters from the recovery image. Run it in the recovery system.")
        {
            oem, persistent, json,
        };
        source.AddTo(command);
        command.SetAction(parsed => InterruptibleWork.Run(
            cancellationToken =>
            {
                using var target = TargetSystem.Open(null, null);
                var labels = new List<string>();
                if (parsed.GetValue(oem)) labels.Add(SystemPaths.OemLabel);
                if (parsed.GetValue(persistent)) labels.Add(SystemPaths.PersistentLabel);
                using var progress = new Progress();
                var (result, warnings) =
                    new UpgradeWithStages(target, new StageLogger(verbose: false), progress.Show, progress.Dispose, cancellationToken)
                    .Reset(source.TryRequest(parsed), labels);
                UpgradeCommand.Print(result, warnings, parsed.GetValue(json));
                return 0;
            },
            "to finish the reset, run kboot reset again"));
        return command;
    }
}
