using System.CommandLine;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot reset</c></summary>
internal static class ResetCommand
{
    private const string StateAfter = "to finish the reset, run kboot reset again";

    internal static Command Create()
    {
        var oem = new Option<bool>("--oem") { Description = "Erase COS_OEM, with the machine's cloud-configs" };
        var persistent = new Option<bool>("--persistent") { Description = "Erase COS_PERSISTENT, with all data" };
        var atNextBoot = new Option<bool>("--at-next-boot")
        {
            Description = "In active or passive: boot into recovery once, which resets the machine and reboots it",
        };
        var cancel = new Option<bool>("--cancel") { Description = "Remove the request of --at-next-boot" };
        var requested = new Option<bool>("--requested")
        {
            Description = "In recovery: do the reset that was requested before this boot. A service of the image runs it",
        };
        var source = new UpgradeSourceOptions();
        var json = new Option<bool>("--json") { Description = "Print the result as JSON" };
        var command = new Command("reset", "Reset active, passive and the boot counters from the recovery image. Run it in the recovery " +
            "system, or with --at-next-boot.")
        {
            oem, persistent, atNextBoot, cancel, requested, json,
        };
        source.AddTo(command);
        RefuseTogether(command, oem, persistent, atNextBoot, cancel, requested, json, source);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(cancel)) return Cancel();
            if (parsed.GetValue(atNextBoot)) return Request(parsed.GetValue(oem), parsed.GetValue(persistent));
            if (parsed.GetValue(requested)) return InterruptibleWork.Run(RunRequested, "the next boot of recovery starts it again");
            var labels = RequestedReset.Labels(parsed.GetValue(oem), parsed.GetValue(persistent));
            return InterruptibleWork.Run(
                cancellationToken => Reset(source.TryRequest(parsed), labels, parsed.GetValue(json), cancellationToken), StateAfter);
        });
        return command;
    }

    private static void RefuseTogether(Command command, Option<bool> oem, Option<bool> persistent, Option<bool> atNextBoot,
        Option<bool> cancel, Option<bool> requested, Option<bool> json, UpgradeSourceOptions source) => command.Validators.Add(result =>
    {
        var modes = new[] { atNextBoot, cancel, requested }.Where(result.GetValue).ToList();
        if (modes.Count == 0) return;
        if (modes.Count > 1) result.AddError("Give only one of --at-next-boot, --cancel and --requested.");
        if (result.GetValue(json) || source.IsGiven(result)) result.AddError($"{modes[0].Name} takes only --oem and --persistent.");
        if (modes[0] != atNextBoot && (result.GetValue(oem) || result.GetValue(persistent)))
            result.AddError($"{modes[0].Name} takes no other option.");
    });

    private static int Reset(UpgradeRequest? request, IReadOnlyList<string> labels, bool json, CancellationToken cancellationToken)
    {
        using var target = TargetSystem.Open(null, null);
        var (result, warnings) = Reset(target, request, labels, cancellationToken);
        new RequestedReset(target.State.Path, Console.WriteLine).Finish();
        UpgradeCommand.Print(result, warnings, json);
        return 0;
    }

    private static (UpgradeResult Result, IReadOnlyList<string> Warnings) Reset(TargetSystem target, UpgradeRequest? request,
        IReadOnlyList<string> labels, CancellationToken cancellationToken)
    {
        using var progress = new Progress();
        return new UpgradeWithStages(target, new StageLogger(verbose: false), progress.Show, progress.Dispose, cancellationToken)
            .Reset(request, labels);
    }

    private static int RunRequested(CancellationToken cancellationToken)
    {
        RequestedReset.Run(Console.WriteLine, (target, labels) =>
        {
            var (result, warnings) = Reset(target, null, labels, cancellationToken);
            UpgradeCommand.Print(result, warnings, json: false);
        });
        return 0;
    }

    private static int Request(bool oem, bool persistent)
    {
        using var target = TargetSystem.Open(null, null);
        ResetAtNextBoot.Request(target, oem, persistent);
        Console.WriteLine("recovery resets the machine at the next boot; reboot to start it. To remove the request: kboot reset --cancel");
        return 0;
    }

    private static int Cancel()
    {
        using var target = TargetSystem.Open(null, null);
        Console.WriteLine(ResetAtNextBoot.Cancel(target.State.Path) is { } first
            ? $"the request is removed; {first.Name()} is booted first" : "no reset is requested");
        return 0;
    }
}
