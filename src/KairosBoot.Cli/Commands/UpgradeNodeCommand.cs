using System.CommandLine;
using KairosBoot.Lifecycle;

namespace KairosBoot.Cli;

/// <summary>
/// <c>kboot upgrade-node</c>: exits with 0 only if the node runs the new system, so that the controller restarts the pod until then.
/// </summary>
internal static class UpgradeNodeCommand
{
    private const string Name = "upgrade-node", NameInPlans = "suc-upgrade";
    private const int NotYet = 1;

    internal static Command Create()
    {
        var recovery = new Option<bool>("--recovery") { Description = "Upgrade recovery instead of active; do not reboot" };
        var noAssessment = new Option<bool>("--no-assessment")
        {
            Description = "Mark each boot of the new system good when its init starts, if nothing in it does",
        };
        var command = new Command(Name,
            "In a pod of the system-upgrade-controller: upgrade the node to the system of this container. Environment: HOST_DIR, the " +
            "mount point of the node's root (default: /host).")
        {
            recovery, noAssessment,
        };
        UpgradeSourceOptions.RefuseAssessmentOf(command, recovery, noAssessment);
        command.SetAction(parsed =>
            InterruptibleWork.Run(
                cancellationToken => Run(parsed.GetValue(recovery), parsed.GetValue(noAssessment), cancellationToken),
                "the system is unchanged"));
        return command;
    }

    /// <summary>The program's arguments. Started under the name that Kairos' plans use, kboot runs this verb.</summary>
    internal static string[] Arguments(string[] args) =>
        Path.GetFileName(Environment.GetCommandLineArgs()[0]) == NameInPlans ? [Name, .. args] : args;

    private static int Run(bool isRecovery, bool withoutAssessment, CancellationToken cancellationToken)
    {
        var host = Environment.GetEnvironmentVariable("HOST_DIR") is { Length: > 0 } variable ? variable : "/host";
        var isForced = Environment.GetEnvironmentVariable("FORCE") == "true";
        var node = new NodeUpgrade(host, isRecovery, isForced, withoutAssessment, ImageBuildCommand.Program(), Console.WriteLine,
            cancellationToken);
        var isDone = node.Run((request, target) =>
        {
            var (result, warnings) = UpgradeCommand.Upgrade(request, target, cancellationToken);
            UpgradeCommand.Print(result, warnings, json: false);
        });
        return isDone ? 0 : NotYet;
    }
}
