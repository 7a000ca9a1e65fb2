using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// The reset that was requested before the boot of recovery. Recovery stays first in the boot counters until it is complete, so after a
/// power cut at any point it starts again. The number of starts and errors is limited: a machine must not reboot forever.
/// </summary>
/// <param name="state">Mount point of COS_STATE.</param>
/// <param name="log">Gets what happens, one line each.</param>
public sealed class RequestedReset(string state, Action<string> log)
{
    /// <summary>Resets the machine if that was requested, and reboots it.</summary>
    /// <param name="log">Gets what happens, one line each.</param>
    /// <param name="reset">Does the reset, with the labels of partitions to erase.</param>
    /// <exception cref="OperatorException">The reset has failed too often, or the machine does not reboot.</exception>
    public static void Run(Action<string> log, Action<TargetSystem, IReadOnlyList<string>> reset)
    {
        using (var machine = TargetSystem.Open(null, null))
        {
            if (!machine.IsRecovery)
            {
                throw new OperatorException("a requested reset must be run from the recovery system",
                    "request it with kboot reset --at-next-boot, then reboot");
            }

            // Kairos' own service reacts to the sentinel of its menu entry.
            var isAutomatic = Syscall.TryStat(SystemPaths.Sentinels + "/autoreset_mode") is not null
                && Syscall.TryStat(SystemPaths.KairosAgent) is null;
            if (!new RequestedReset(machine.State.Path, log).Run(isAutomatic, labels => reset(machine, labels))) return;
        }

        RebootProgram.Run();
    }

    /// <param name="isAutomatic">Without a request, reset the machine like Kairos: COS_PERSISTENT is erased, COS_OEM is kept.</param>
    /// <param name="reset">Does the reset, with the labels of partitions to erase.</param>
    /// <returns>True: reboot. False: nothing is requested.</returns>
    /// <exception cref="OperatorException">The reset has failed too often.</exception>
    internal bool Run(bool isAutomatic, Action<IReadOnlyList<string>> reset)
    {
        var request = Find(isAutomatic);
        if (request is null)
        {
            log("no reset is requested");
            return false;
        }

        if (request.IsDone)
        {
            Finish();
            return true;
        }

        if (request.HasFailed) throw Failed(request);
        request = request with { Starts = request.Starts + 1 };
        ResetRequestFile.Write(state, request);
        Change(ResetRequest.Arm);
        try
        {
            reset(Labels(request.Oem, request.Persistent));
        }
        catch (Exception failure) when (failure is OperatorException or SyscallException or IOException)
        {
            request = request.Fail(failure.Message);
            ResetRequestFile.Write(state, request);
            if (request.HasFailed) throw Failed(request);
            log($"the reset failed: {failure.Message}; rebooting into recovery to try again");
            return true;
        }

        Finish();
        log("the reset is complete; rebooting");
        return true;
    }

    /// <summary>Labels of the partitions that a reset erases.</summary>
    public static IReadOnlyList<string> Labels(bool oem, bool persistent)
    {
        List<string> labels = [];
        if (oem) labels.Add(SystemPaths.OemLabel);
        if (persistent) labels.Add(SystemPaths.PersistentLabel);
        return labels;
    }

    /// <summary>Ends a request after the reset. Without one, nothing changes.</summary>
    public void Finish()
    {
        if (!ResetRequestFile.Exists(state)) return;
        // A power cut between these steps leaves a request that only has to be removed.
        ResetRequestFile.Write(state, new() { IsDone = true });
        Change(counters => ResetRequest.Disarm(counters, Slot.Active));
        ResetRequestFile.Remove(state);
    }

    private ResetRequest? Find(bool isAutomatic)
    {
        using var location = BootStateLocation.Open(state);
        var request = ResetRequestFile.TryRead(state);
        var counters = BootStateFile.Read(location.Block).Counters;
        if (request is not null && (request.IsInForce(counters) || (request.IsDone && counters.First == Slot.Recovery))) return request;
        if (!isAutomatic) return null;
        ResetAtNextBoot.Write(state, oem: false, persistent: true);
        return ResetRequestFile.TryRead(state);
    }

    private void Change(Func<BootCounters, BootCounters> change)
    {
        using var location = BootStateLocation.Open(state);
        if (!location.HasNoCounters) location.Change(change);
    }

    private static OperatorException Failed(ResetRequest request) =>
        new(request.FailureSentence, "remove the cause and run kboot reset; or remove the request: kboot reset --cancel");
}
