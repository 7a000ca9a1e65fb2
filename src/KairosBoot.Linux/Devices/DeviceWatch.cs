using System.Collections.Immutable;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Linux;

/// <summary>
/// The hardware as it appears. Kernel events load drivers and announce disks; nothing is polled, and no time passes while everything
/// that is wanted is there.
/// </summary>
public sealed partial class DeviceWatch : IDisposable
{
    private const long ProgressMicroseconds = 5_000_000;
    private readonly Uevents events = new();
    private readonly Dictionary<string, BlockDevice> known = [];
    private readonly KernelModules modules;
    private readonly ILogger logger;
    private readonly Watchdog watchdog;

    /// <summary>Events first, then what is there already: whatever appears in between is in both.</summary>
    public DeviceWatch(KernelModules modules, ILogger logger, Watchdog watchdog)
    {
        this.modules = modules;
        this.logger = logger;
        this.watchdog = watchdog;
        modules.LoadAlways();
        modules.LoadForPresentHardware();
        TakeEvents();
        Look();
    }

    /// <summary>Block devices seen so far, in the order of their names.</summary>
    public ImmutableArray<BlockDevice> Devices { get; private set; } = [];

    /// <summary>Returns as soon as <paramref name="decided"/> says so, asked again after every change; false: the time is over.</summary>
    /// <param name="decided">May be asked any number of times.</param>
    /// <param name="deadline">On the clock of <see cref="Syscall.BootTimeMicroseconds"/>.</param>
    /// <param name="missing">Names what is awaited, for the line that says so every five seconds.</param>
    public bool WaitUntil(Func<ImmutableArray<BlockDevice>, bool> decided, long deadline, Func<string> missing)
    {
        var progress = Syscall.BootTimeMicroseconds() + ProgressMicroseconds;
        while (!decided(Devices))
        {
            var now = Syscall.BootTimeMicroseconds();
            if (now >= deadline) return false;
            if (now >= progress)
            {
                StillWaiting(missing(), ((deadline - now) / 1_000_000).ToString());
                progress = now + ProgressMicroseconds;
            }
            // A wait that has an end of its own is not what a watchdog is for.
            watchdog.Feed();
            var left = (int)((Math.Min(deadline, progress) - now) / 1000 + 1);
            events.Wait(watchdog.IsArmed ? Math.Min(left, 1000) : left);
            if (TakeEvents()) Look();
        }
        return true;
    }

    /// <summary>Reads all of it anew: somebody may have changed sizes, labels or tables, which no event tells.</summary>
    public void LookAgain()
    {
        TakeEvents();
        known.Clear();
        Look();
    }

    /// <summary>Handles the events that are here. True: block devices may have changed.</summary>
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

    private void Look()
    {
        Devices = BlockDeviceScan.All(known);
        known.Clear();
        foreach (var device in Devices) known[device.Name] = device;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "waiting for {Missing}, {Seconds} s left")]
    private partial void StillWaiting(string missing, string seconds);

    public void Dispose() => events.Dispose();
}
