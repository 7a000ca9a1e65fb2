using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// The end of a boot that must not go on: what, where and how to fix it, on every console and where the next good boot finds it, then a
/// reboot.
/// </summary>
internal static class FailureScreen
{
    private static readonly ImmutableArray<string> Mounted = [SystemPaths.Sysroot, SystemPaths.Overlays, SystemPaths.State];

    // A disk that does not answer holds its caller for ever. It must not hold the reboot.
    private static readonly TimeSpan DiskLimit = TimeSpan.FromSeconds(10);

    /// <param name="failure">What ended the boot.</param>
    /// <param name="machine">Null where the boot did not get as far as its command line.</param>
    /// <param name="counters">To write first; null: they stay as they are.</param>
    public static void ShowAndReboot(BootFailure failure, Machine? machine, BootCounters? counters)
    {
        // Whatever fails here must not keep the machine from rebooting.
        try
        {
            KernelLog.ShowEverything();
            using var log = new KernelLog();
            var record = FailureKeeping.Record(failure, machine?.Request);
            foreach (var line in record.KernelLines()) log.Write(2, line);
            var seconds = machine?.Request.PanicSeconds ?? 0;
            log.Write(2, seconds > 0 ? $"rebooting in {seconds} s" : "rebooting");
            LeaveDisks(log, () =>
            {
                machine?.WriteCounters(counters);
                FailureKeeping.Keep(record, log);
            });
            Syscall.Pause(TimeSpan.FromSeconds(seconds));
        }
        catch (Exception) { }
        Syscall.Reboot(RebootCommand.Restart);
    }

    /// <summary>The end of a machine that no loader stops: it shows why until it is switched off. Does not return.</summary>
    public static void ShowAndStop(Machine machine)
    {
        try
        {
            KernelLog.ShowEverything();
            using var log = new KernelLog();
            LeaveDisks(log, () => { });
            log.Write(2, "STOPPED: active, passive and recovery have all been tried, and none has come up");
            if (machine.LastFault is { } fault) log.Write(2, "the last one that was given up: " + fault);
            log.Write(2, "switch the machine off and on to try them all again");
        }
        catch (Exception) { }
        // A watchdog that ran out would be a reboot without end.
        while (true)
        {
            machine.FeedWatchdog();
            Syscall.Pause(TimeSpan.FromSeconds(1));
        }
    }

    private static void LeaveDisks(KernelLog log, Action before)
    {
        var disks = new Thread(() =>
        {
            // An exception that leaves a thread would end PID 1.
            try
            {
                before();
                MountTable.UnmountBelow(Mounted);
                Syscall.Sync();
            }
            catch (Exception e) { log.Write(3, "while leaving the disks: " + e.Message); }
        })
        { IsBackground = true };
        disks.Start();
        if (!disks.Join(DiskLimit)) log.Write(3, $"the disk did not answer within {DiskLimit.TotalSeconds} s; it is left as it is");
    }
}
