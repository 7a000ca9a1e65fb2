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
    /// <param name="request">Null where the boot did not get as far as its command line.</param>
    public static void ShowAndReboot(Exception failure, BootRequest? request)
    {
        // Whatever fails here must not keep the machine from rebooting.
        try
        {
            KernelLog.ShowEverything();
            using var log = new KernelLog();
            var record = FailureKeeping.Record(failure, request);
            foreach (var line in record.KernelLines()) log.Write(2, line);
            var seconds = request?.PanicSeconds ?? 0;
            log.Write(2, seconds > 0 ? $"rebooting in {seconds} s" : "rebooting");
            var disks = new Thread(() => LeaveDisks(record, log)) { IsBackground = true };
            disks.Start();
            if (!disks.Join(DiskLimit)) log.Write(3, $"the disk did not answer within {DiskLimit.TotalSeconds} s; it is left as it is");
            Syscall.Pause(TimeSpan.FromSeconds(seconds));
        }
        catch (Exception) { }
        Syscall.Reboot(RebootCommand.Restart);
    }

    private static void LeaveDisks(FailureRecord record, KernelLog log)
    {
        // An exception that leaves a thread would end PID 1.
        try
        {
            FailureKeeping.Keep(record, log);
            MountTable.UnmountBelow(Mounted);
            Syscall.Sync();
        }
        catch (Exception e) { log.Write(3, "while leaving the disks: " + e.Message); }
    }
}
