using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Watches the hardware appear. Kernel events load drivers and announce disks. Nothing is polled, and no time passes once all wanted
/// devices exist.
/// </summary>
public sealed class DeviceWatch : IDisposable
{
    private const long ProgressMicroseconds = 5_000_000;
    private readonly Uevents events = new();
    private readonly Dictionary<string, BlockDevice> known = [];
    private readonly KernelModules modules;
    private readonly MessageLog logger;
    private readonly Watchdog watchdog;

    /// <summary>Subscribes to events first and then scans: a device that appears in between is found twice, not missed.</summary>
    public DeviceWatch(KernelModules modules, MessageLog logger, Watchdog watchdog)
    {
        this.modules = modules;
        this.logger = logger;
        this.watchdog = watchdog;
        modules.LoadAlways();
        modules.LoadForPresentHardware();
        TakeEvents();
        Scan();
    }

    /// <summary>Block devices seen so far, in the order of their names.</summary>
    public ImmutableArray<BlockDevice> Devices { get; private set; } = [];

    /// <summary>
    /// Returns true as soon as <paramref name="decided"/> returns true, which is asked after every change; false: the deadline has
    /// passed.
    /// </summary>
    /// <param name="decided">May be called any number of times.</param>
    /// <param name="deadline">Time on the clock of <see cref="Syscall.BootTimeMicroseconds"/>.</param>
    /// <param name="missing">Names the missing devices, for a message every five seconds; null: no message.</param>
    public bool WaitUntil(Func<ImmutableArray<BlockDevice>, bool> decided, long deadline, Func<string>? missing)
    {
        var progress = Syscall.BootTimeMicroseconds() + ProgressMicroseconds;
        while (!decided(Devices))
        {
            var now = Syscall.BootTimeMicroseconds();
            if (now >= deadline) return false;
            if (now >= progress)
            {
                if (missing is not null) StillWaiting(missing(), ((deadline - now) / 1_000_000).ToString());
                progress = now + ProgressMicroseconds;
            }
            // A wait with a deadline needs no watchdog, so the watchdog is fed.
            watchdog.Feed();
            var left = (int)((Math.Min(deadline, progress) - now) / 1000 + 1);
            events.Wait(watchdog.IsArmed ? Math.Min(left, 1000) : left);
            if (TakeEvents()) Scan();
        }
        return true;
    }

    /// <summary>Reads all devices again: sizes, labels or tables may have been changed without an event.</summary>
    public void Rescan()
    {
        TakeEvents();
        known.Clear();
        Scan();
    }

    /// <summary>Handles the pending events. True: block devices may have changed.</summary>
    private bool TakeEvents()
    {
        var changed = false;
        while (events.TryRead(out var overflowed) is var uevent && (uevent is not null || overflowed))
        {
            if (overflowed)
            {
                known.Clear();
                modules.LoadForPresentHardware();
                changed = true;
                continue;
            }
            if (uevent!.Action == "add" && uevent.Modalias is { } modalias) modules.LoadFor(modalias);
            if (uevent.Subsystem != "block") continue;
            changed = true;
            if (uevent.DeviceName is { } name) known.Remove(name);
        }
        return changed;
    }

    private void Scan()
    {
        Devices = BlockDeviceScan.All(known);
        known.Clear();
        foreach (var device in Devices) known[device.Name] = device;
    }

    private void StillWaiting(string missing, string seconds) => logger.Write(LogLevel.Warning, $"waiting for {missing}, {seconds} s left");

    public void Dispose() => events.Dispose();
}
