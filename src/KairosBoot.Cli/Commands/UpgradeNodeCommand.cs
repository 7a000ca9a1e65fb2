using System.CommandLine;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>
/// <c>kboot upgrade-node</c>: what a plan of the system-upgrade-controller runs, in a pod of the new system, on every node. Such a pod is started again until
/// it ends with 0, before and after the node's reboot; so each run looks how far the node is, and 0 is for a node that runs the new system only.
/// </summary>
internal static class UpgradeNodeCommand
{
    private const string Name = "upgrade-node", NameInPlans = "suc-upgrade";
    private const int NotYet = 1;
    private static readonly TimeSpan ToGoDown = TimeSpan.FromMinutes(10);

    internal static Command Create()
    {
        var recovery = new Option<bool>("--recovery") { Description = "Upgrade recovery instead of active; do not reboot" };
        var command = new Command(Name, "In a pod of the system-upgrade-controller: upgrade the node to the system of this container. Environment: HOST_DIR, the mount point of the node's root (default: /host).") { recovery };
        command.SetAction(parsed => Interruption.Run(cancellationToken => Run(parsed.GetValue(recovery), cancellationToken), "the system is unchanged"));
        return command;
    }

    /// <summary>The program's arguments; called by the name that plans know, it is this verb.</summary>
    internal static string[] Arguments(string[] given) => Path.GetFileName(Environment.GetCommandLineArgs()[0]) == NameInPlans ? [Name, .. given] : given;

    private static int Run(bool isRecovery, CancellationToken cancellationToken)
    {
        var host = Environment.GetEnvironmentVariable("HOST_DIR") is { Length: > 0 } given ? given : "/host";
        Node.Enter(host);
        using (var machine = TargetSystem.Open(host, null))
        {
            var (place, why) = new NodeImageSearch(machine, "/", cancellationToken).Find(isRecovery);
            if (place == NodeImageStatus.PassedOver && Environment.GetEnvironmentVariable("FORCE") != "true")
                throw new OperatorException($"the node has this system but does not boot it: {why}", "look at kboot status on the node; to install it again, set FORCE=true in the plan");
            Console.WriteLine(place == NodeImageStatus.There ? $"nothing to do: {why}" : why);
            if (place == NodeImageStatus.There) return 0;
            if (place != NodeImageStatus.NextBoot)
            {
                var request = new UpgradeRequest(null, "/", null, null, isRecovery, ImageBuildCommand.Program());
                var (result, warnings) = UpgradeCommand.Upgrade(request, machine, cancellationToken);
                UpgradeCommand.Print(result, warnings, json: false);
            }
        }

        return isRecovery ? 0 : Reboot(cancellationToken);
    }

    private static int Reboot(CancellationToken cancellationToken)
    {
        Node.Reboot();
        Console.WriteLine("the node reboots");
        // Whoever takes the node down ends this too. To end by itself would start the pod again on a node that is about to go.
        return cancellationToken.WaitHandle.WaitOne(ToGoDown) ? NotYet
            : throw new OperatorException($"the node did not reboot within {ToGoDown.TotalMinutes} minutes", "look at what blocks the shutdown on the node: systemctl list-jobs; the new image is in active");
    }
}
