using KairosBoot.Linux;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Init;

internal sealed partial class Machine
{
    /// <summary>
    /// Before any other driver: a disk that does not answer may hold the call that loads its driver for ever. From here on the machine resets
    /// unless the boot goes on; every wait of the boot that has an end of its own counts as going on.
    /// </summary>
    private void ArmWatchdog(int seconds)
    {
        try
        {
            if (!watchdog.TryArm(seconds) && !LoadAndArm(seconds))
            {
                Note(StepClass.Degraded, "kairosboot.watchdog: no watchdog was found, so nothing ends a boot that hangs; add its driver to the initrd (kboot initrd build --modules)");
                return;
            }
        }
        catch (SyscallException e)
        {
            Note(StepClass.Degraded, "kairosboot.watchdog: " + e.Message);
            return;
        }
        WatchdogArmed(watchdog.Identity, watchdog.Seconds.ToString());
        if (watchdog.Seconds != seconds)
            Note(StepClass.Optional, $"kairosboot.watchdog={seconds}: {watchdog.Identity} has no such time and holds {watchdog.Seconds} s");
        if (!watchdog.OutlivesHandOver)
            Note(StepClass.Degraded, $"kairosboot.watchdog: {watchdog.Identity} stops when it is handed over; only the initrd is watched");
    }

    /// <summary>For waits that have no end.</summary>
    public void FeedWatchdog() => watchdog.Feed();

    private bool LoadAndArm(int seconds)
    {
        foreach (var driver in WatchdogDrivers.Hardware) modules.Load(driver);
        if (watchdog.TryArm(seconds)) return true;
        modules.Load(WatchdogDrivers.Software);
        if (!watchdog.TryArm(seconds)) return false;
        Note(StepClass.Optional, "kairosboot.watchdog: this machine's hardware has none that the initrd has a driver for; the kernel's own does not end a hang of the kernel itself");
        return true;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "watchdog {Identity} armed: {Seconds} s")]
    private partial void WatchdogArmed(string identity, string seconds);
}
