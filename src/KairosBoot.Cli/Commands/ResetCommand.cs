using System.CommandLine;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot reset</c></summary>
internal static class ResetCommand
{
    internal static Command Create()
    {
        var oem = new Option<bool>("--oem") { Description = "Make COS_OEM empty: the machine's own cloud-configs are gone" };
        var persistent = new Option<bool>("--persistent") { Description = "Make COS_PERSISTENT empty: all data is gone" };
        var source = new UpgradeSourceOptions();
        var json = new Option<bool>("--json") { Description = "The result in a machine-readable form" };
        var command = new Command("reset", "From recovery: active and passive become what recovery is, and the counters those of a new machine.") { oem, persistent, json };
        source.AddTo(command, isRequired: false);
        command.SetAction(parsed => Interruption.Run(
            cancellationToken =>
            {
                using var machine = TargetSystem.Open(null, null);
                // What fails in them is told and stops nothing, as in Kairos: a machine is not to keep its old system because a hook has a mistake in it.
                var stages = new LifecycleStages("reset", machine.Host, [], new StageLogger(verbose: false), cancellationToken);
                stages.RunBefore();
                var labels = new List<string>();
                if (parsed.GetValue(oem)) labels.Add(SystemPaths.OemLabel);
                if (parsed.GetValue(persistent)) labels.Add(SystemPaths.PersistentLabel);
                using var progress = new Progress();
                var result = SystemUpgrade.Reset(source.TryRequest(parsed), machine, labels, progress.Show, cancellationToken);
                progress.Dispose();
                stages.RunAfter();
                UpgradeCommand.Print(result, stages.Warnings, parsed.GetValue(json));
                return 0;
            },
            "run it again to finish it"));
        return command;
    }
}
