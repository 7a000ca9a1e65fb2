using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// The end of a boot that must not continue: what failed, where and how to fix it, on every console and where the next good boot finds it,
/// then a reboot. During the wait before it, keys can choose otherwise (<see cref="KeyMenu"/>).
/// </summary>
internal sealed class FailureScreen(Devices devices, SlotCounting counting, Fallback fallback, HandOver handOver, OperatorShell shell,
    KeyScreen keys)
{
    // A disk that does not answer blocks its caller forever. It must not block the reboot.
    private const int DiskSeconds = 10;

    /// <summary>Shows the failure and waits. What is mounted stays mounted meanwhile: a shell may need it.</summary>
    /// <param name="failure">What ended the attempt.</param>
    /// <param name="request">The attempt.</param>
    /// <param name="decision">To reboot, or to stop first.</param>
    /// <returns>What an operator chose instead, or a reboot, for which the disks are left already.</returns>
    public FailureDecision Show(BootFailure failure, BootRequest request, FailureDecision decision)
    {
        // A failure in here must not keep the machine from rebooting.
        try
        {
            var level = KernelLog.ShowEverything();
            using var log = new KernelLog();
            var record = FailureKeeping.ToRecord(failure, request);
            var isStop = decision.Action == FailureAction.Stop;
            if (isStop) WriteStop(log);
            else foreach (var line in record.KernelLines()) log.Write(2, line);
            var isUncounted = counting.Counted is not null
                && FailurePolicy.ReturnsTry(decision, request.Slot, counting.Counters.Counters);
            // The disks have everything before the wait: the power may go at any time.
            var answers = UseDisks(log, () => Keep(request, decision.Counters, isStop ? null : record, log));
            var seconds = isStop ? counting.Counters.Counters.StopMinutes * 60 : request.PanicSeconds;
            log.Write(2, isStop ? KeyTexts.Stop(seconds / 60, request.TakesKeys) : KeyTexts.Reboot(seconds, request.TakesKeys));
            var menu = new KeyMenu(request, fallback.Progress(request))
            {
                HasNewRoot = handOver.HasNewRoot, DiskHangs = !answers, IsUncounted = isUncounted,
                NoShell = answers ? shell.Decide(request).Refusal : "the disk does not answer",
            };
            var key = keys.Wait(request, menu, seconds, log);
            var chosen = key == ScreenKey.None ? decision : menu.Choose(key, keys.Console);
            if (chosen.Key is { } pressed) log.Write(2, pressed);
            if (!chosen.EndsBoot) KernelLog.Show(level);
            if (!chosen.EndsBoot || !answers) return chosen;
            if (chosen.Key is not null) record.Problem = record.Problem + "\nthen an operator pressed " + chosen.Key;
            else record = null;
            UseDisks(log, () => Keep(request, key == ScreenKey.None ? null : chosen.Counters, record, log), thenLeave: true);
        }
        catch (Exception) { }
        return new(FailureAction.Reboot);
    }

    private void Keep(BootRequest request, BootCounters? counters, FailureRecord? record, KernelLog log)
    {
        counting.Write(request, counters);
        if (record is not null) FailureKeeping.Keep(record, log, () => devices.MountOem(request));
        Syscall.Sync();
    }

    /// <summary>The last resort of the program: as <see cref="Show"/>, but without a boot that could continue.</summary>
    /// <param name="failure">What ended the boot.</param>
    /// <param name="request">Null where the boot ended before it had read its command line.</param>
    /// <param name="devices">Null where the boot ended before it could look for devices.</param>
    public static void ShowAndReboot(BootFailure failure, BootRequest? request, Devices? devices)
    {
        try
        {
            KernelLog.ShowEverything();
            using var log = new KernelLog();
            var record = FailureKeeping.ToRecord(failure, request);
            foreach (var line in record.KernelLines()) log.Write(2, line);
            var seconds = request?.PanicSeconds ?? 0;
            log.Write(2, KeyTexts.Reboot(seconds, takesKeys: false));
            UseDisks(log, () => FailureKeeping.Keep(record, log, () => request is null ? null : devices?.MountOem(request)),
                thenLeave: true);
            Syscall.Pause(TimeSpan.FromSeconds(seconds));
        }
        catch (Exception) { }
        Syscall.Reboot(RebootCommand.Restart);
    }

    /// <summary>An operator wants to reboot a boot that has not failed.</summary>
    public static void RebootNow(KernelLog log)
    {
        UseDisks(log, null, thenLeave: true);
        Syscall.Reboot(RebootCommand.Restart);
    }

    private void WriteStop(KernelLog log)
    {
        log.Write(2, "STOPPED: active, passive and recovery were all tried, and none of them booted");
        if (counting.Counters.Counters.Fault is { } fault) log.Write(2, "last slot marked bad: " + fault.Sentence);
    }

    /// <summary>False: a disk does not answer; the work may never end.</summary>
    private static bool UseDisks(KernelLog log, Action? work, bool thenLeave = false)
    {
        var disks = new Thread(() =>
        {
            // An exception that leaves a thread would end PID 1.
            try
            {
                work?.Invoke();
                if (!thenLeave) return;
                MountTable.UnmountBelow(Fallback.MountPoints);
                Syscall.Sync();
            }
            catch (Exception e) { log.Write(3, "while leaving the disks: " + e.Message); }
        })
        { IsBackground = true };
        disks.Start();
        if (disks.Join(DiskSeconds * 1000)) return true;
        log.Write(3, "the disk did not answer within " + DiskSeconds.ToString() + " s; it is not unmounted");
        return false;
    }
}
