using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// The end of a boot that must not continue: what failed, where and how to fix it, on every console and where the next good boot finds it,
/// then a reboot.
/// </summary>
internal static class FailureScreen
{
    // A disk that does not answer blocks its caller forever. It must not block the reboot.
    private const int DiskSeconds = 10;

    /// <param name="failure">What ended the boot.</param>
    /// <param name="request">Null where the boot ended before it had read its command line.</param>
    /// <param name="devices">Null where the boot ended before it could look for devices.</param>
    /// <param name="writeCounters">Called first while the disks are left.</param>
    public static void ShowAndReboot(BootFailure failure, BootRequest? request, Devices? devices, Action writeCounters)
    {
        // A failure in here must not keep the machine from rebooting.
        try
        {
            KernelLog.ShowEverything();
            using var log = new KernelLog();
            var record = FailureKeeping.ToRecord(failure, request);
            foreach (var line in record.KernelLines()) log.Write(2, line);
            var seconds = request?.PanicSeconds ?? 0;
            log.Write(2, seconds > 0 ? "rebooting in " + seconds.ToString() + " s" : "rebooting");
            LeaveDisks(log, () =>
            {
                writeCounters();
                FailureKeeping.Keep(record, log, () => request is null ? null : devices?.MountOem(request));
            });
            Syscall.Pause(TimeSpan.FromSeconds(seconds));
        }
        catch (Exception) { }
        Syscall.Reboot(RebootCommand.Restart);
    }

    /// <summary>The end of a machine that no loader stops: it shows why, waits and reboots. Does not return.</summary>
    /// <param name="counters">The counters, which are full again.</param>
    /// <param name="watchdog">Fed during the wait: otherwise it would reboot the machine earlier.</param>
    public static void ShowAndStop(BootCounters counters, Watchdog watchdog)
    {
        var end = Syscall.BootTimeMicroseconds() + counters.StopMinutes * 60_000_000L;
        try
        {
            KernelLog.ShowEverything();
            using var log = new KernelLog();
            LeaveDisks(log, () => { });
            log.Write(2, "STOPPED: active, passive and recovery were all tried, and none of them booted");
            if (counters.Fault is { } fault) log.Write(2, "last slot marked bad: " + fault.Sentence);
            log.Write(2, "the machine starts again in " + counters.StopMinutes.ToString() + " min; to start now, switch it off and on");
        }
        catch (Exception) { }
        while (Syscall.BootTimeMicroseconds() < end)
        {
            watchdog.Feed();
            Syscall.Pause(TimeSpan.FromSeconds(1));
        }
        Syscall.Reboot(RebootCommand.Restart);
    }

    private static void LeaveDisks(KernelLog log, Action before)
    {
        var disks = new Thread(() =>
        {
            // An exception that leaves a thread would end PID 1.
            try
            {
                before();
                MountTable.UnmountBelow(Fallback.MountPoints);
                Syscall.Sync();
            }
            catch (Exception e) { log.Write(3, "while leaving the disks: " + e.Message); }
        })
        { IsBackground = true };
        disks.Start();
        if (!disks.Join(DiskSeconds * 1000))
            log.Write(3, "the disk did not answer within " + DiskSeconds.ToString() + " s; it is not unmounted");
    }
}
