using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// What a plan of the system-upgrade-controller runs, in a pod of the new system, on every node. The controller restarts the pod until it
/// exits with 0,
/// before and after the node's reboot. So each run finds out how far the node is, and succeeds only if the node runs the new system.
/// </summary>
/// <param name="host">Mount point of the node's root.</param>
/// <param name="isRecovery">Upgrades the recovery image instead; without a reboot.</param>
/// <param name="isForced">Installs a system again that the node has but does not boot.</param>
/// <param name="withoutAssessment">As <see cref="UpgradeRequest.WithoutAssessment"/>.</param>
/// <param name="kboot">As <see cref="UpgradeRequest.KBoot"/>.</param>
/// <param name="log">Gets lines for the log of the pod.</param>
/// <param name="cancellationToken">Ends the work; before the switch, the node is unchanged.</param>
public sealed class NodeUpgrade(string host, bool isRecovery, bool isForced, bool withoutAssessment, string? kboot, Action<string> log,
    CancellationToken cancellationToken)
{
    private static readonly TimeSpan RebootTimeout = TimeSpan.FromMinutes(10);

    /// <param name="upgrade">Carries the upgrade out and prints its result.</param>
    /// <returns>Whether the node has the system; false: it reboots, and the next run of the pod finds out.</returns>
    /// <exception cref="OperatorException">The node does not boot the system, the upgrade failed, or the node does not reboot.</exception>
    public bool Run(Action<UpgradeRequest, TargetSystem> upgrade)
    {
        Node.Enter(host);
        using (var target = TargetSystem.Open(host, null))
        {
            var (status, reason) = new NodeImageSearch(target, "/", cancellationToken).Find(isRecovery);
            if (status == NodeImageStatus.NotBooted && !isForced)
            {
                throw new OperatorException($"the node has this system but does not boot it: {reason}",
                    "look at kboot status on the node; to install it again, set FORCE=true in the plan");
            }

            log(status == NodeImageStatus.UpToDate ? $"nothing to do: {reason}" : reason);
            if (status == NodeImageStatus.UpToDate) return true;
            if (status != NodeImageStatus.NextBoot)
            {
                upgrade(new UpgradeRequest(null, "/", null, null, isRecovery, kboot) { WithoutAssessment = withoutAssessment }, target);
            }
        }

        return isRecovery || Reboot();
    }

    private bool Reboot()
    {
        Node.Reboot();
        log("the node reboots");
        // The shutdown of the node ends this process. If it exited by itself, the pod would start again on a node that is about to go down.
        return cancellationToken.WaitHandle.WaitOne(RebootTimeout) ? false
            : throw new OperatorException($"the node did not reboot within {RebootTimeout.TotalMinutes} minutes",
                "look at what blocks the shutdown on the node: systemctl list-jobs; the new image is in active");
    }
}
