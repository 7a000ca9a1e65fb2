using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// Arms the watchdog (kairosboot.watchdog) before any other driver is loaded: a disk that stops answering blocks the call that reads it
/// forever. From then on the machine resets unless the boot makes progress; a wait with a limit counts as progress.
/// </summary>
internal sealed class WatchdogStart(Watchdog watchdog, KernelModules modules, BootRecord record, MessageLog logger)
{
    /// <summary>Once in a boot, and only where the command line asks for it.</summary>
    public void Arm(BootRequest request)
    {
        if (request.WatchdogSeconds is not { } seconds || watchdog.IsArmed) return;
        try
        {
            if (!watchdog.TryArm(seconds) && !LoadAndArm(seconds))
            {
                record.Note(StepClass.Degraded, "kairosboot.watchdog: no watchdog was found, so nothing ends a boot that hangs; " +
                    "add its driver to the initrd (kboot initrd build --modules)");
                return;
            }
        }
        catch (SyscallException e)
        {
            record.Note(StepClass.Degraded, "kairosboot.watchdog: " + e.Message);
            return;
        }
        Armed(watchdog.Identity, watchdog.Seconds.ToString());
        if (watchdog.Seconds != seconds)
        {
            record.Note(StepClass.Optional,
                $"kairosboot.watchdog={seconds}: {watchdog.Identity} does not support this time and uses {watchdog.Seconds} s");
        }

        if (!watchdog.OutlivesHandOver)
        {
            record.Note(StepClass.Degraded,
                $"kairosboot.watchdog: {watchdog.Identity} stops when it is handed over; only the initrd is watched");
        }
    }

    private bool LoadAndArm(int seconds)
    {
        foreach (var driver in WatchdogDrivers.Hardware) modules.Load(driver);
        if (watchdog.TryArm(seconds)) return true;
        modules.Load(WatchdogDrivers.Software);
        if (!watchdog.TryArm(seconds)) return false;
        record.Note(StepClass.Optional, "kairosboot.watchdog: the initrd has no driver for a hardware watchdog of this machine; " +
            "the kernel's software watchdog does not end a hang of the kernel itself");
        return true;
    }

    private void Armed(string identity, string seconds) => logger.Write(LogLevel.Information, $"watchdog {identity} armed: {seconds} s");
}
