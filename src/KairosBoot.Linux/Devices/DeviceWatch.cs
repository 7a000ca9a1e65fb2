using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Watches the hardware appear. Kernel events load drivers and announce disks. No call waits for a driver, and no time passes once all
/// wanted devices exist. A disk is read when the kernel has read its partition table, which it announces.
/// </summary>
public sealed class DeviceWatch : IDisposable
{
    private const long ProgressMicroseconds = 5_000_000;
    private const int MinQuietMilliseconds = 4, MaxQuietMilliseconds = 16;
    private readonly Uevents events = new();
    private readonly DriverStarts starts = new();
    private readonly DeviceStarter starter = new();
    private List<string> announced;
    private readonly Dictionary<string, BlockDevice> known = [];
    private readonly KernelModules modules;
    private readonly MessageLog logger;
    private readonly Watchdog watchdog;

    /// <summary>Subscribes to events first: a device that appears while drivers are loaded is found twice, not missed.</summary>
    public DeviceWatch(KernelModules modules, MessageLog logger, Watchdog watchdog)
    {
        this.modules = modules;
        this.logger = logger;
        this.watchdog = watchdog;
        // The drivers in the kernel have started all their devices before the kernel starts an init.
        announced = Syscall.ReadDirectoryIfThere(BlockDeviceScan.ClassBlock);
        modules.LoadRequested();
        modules.LoadForPresentHardware(starts, starter, announced.Count > 0);
        // The drivers start their devices meanwhile.
        modules.LoadAlways();
    }

    /// <summary>Block devices seen so far, in the order of their names.</summary>
    public ImmutableArray<BlockDevice> Devices { get; private set; } = [];

    /// <inheritdoc cref="DriverStarts.Describe"/>
    public string Unfinished => starts.Describe();

    /// <summary><see cref="AwaitDrivers"/>, and scans.</summary>
    public void Settle(long deadline)
    {
        AwaitDrivers(deadline);
        Scan();
    }

    /// <summary>
    /// Waits until no driver is starting a device: then the disks of all built-in controllers exist. USB and NVMe need longer.
    /// </summary>
    /// <param name="deadline">As for <see cref="WaitUntil"/>. A device that does not answer keeps its driver busy forever.</param>
    public void AwaitDrivers(long deadline)
    {
        for (var wait = 0; Syscall.BootTimeMicroseconds() < deadline;)
        {
            TakeEvents();
            starter.Advance();
            // A controller of SCSI or SATA disks is searched after its driver has started it. That is the work of kernel threads.
            if (starts.IsEmpty && Syscall.ReadDirectoryIfThere("/sys/class/scsi_host").Count == 0) return;
            watchdog.Feed();
            if (events.Wait(wait))
            {
                wait = MinQuietMilliseconds;
                continue;
            }
            // The search for busy threads costs a millisecond. Among the events of hundreds of disks it would cost more than the disks.
            if ((starts.IsEmpty || wait > 0 && !starts.IsAnyStarting && !starter.IsBusy) && !Processes.HasBusyKernelWorker())
            {
                starts.EndAll();
                return;
            }
            wait = Math.Clamp(wait * 2, MinQuietMilliseconds, MaxQuietMilliseconds);
        }
        starter.StartAll();
        if (Unfinished is { Length: > 0 } text) NotWaitingFor(text);
    }

    /// <summary>
    /// Returns true as soon as <paramref name="decided"/> returns true, which is asked after every change; false: the deadline has
    /// passed.
    /// </summary>
    /// <param name="decided">May be called any number of times.</param>
    /// <param name="deadline">Time on the clock of <see cref="Syscall.BootTimeMicroseconds"/>.</param>
    /// <param name="missing">Names the missing devices, for a message every five seconds; null: no message.</param>
    /// <param name="end">The deadline of the last of several waits, which the message counts down to; 0: of this one.</param>
    public bool WaitUntil(Func<ImmutableArray<BlockDevice>, bool> decided, long deadline, Func<string>? missing, long end = 0)
    {
        var progress = Syscall.BootTimeMicroseconds() + ProgressMicroseconds;
        while (!decided(Devices))
        {
            var now = Syscall.BootTimeMicroseconds();
            if (now >= deadline) return false;
            if (now >= progress)
            {
                if (missing is not null) StillWaiting(missing(), ((Math.Max(end, deadline) - now) / 1_000_000).ToString());
                progress = now + ProgressMicroseconds;
            }
            // A wait with a deadline needs no watchdog, so the watchdog is fed.
            watchdog.Feed();
            var left = (int)((Math.Min(deadline, progress) - now) / 1000 + 1);
            events.Wait(watchdog.IsArmed || HasSilent() ? Math.Min(left, 1000) : left);
            if (TakeEvents() || MayAnyAnswer()) Scan();
        }
        return true;
    }

    /// <summary>Reads all devices again: sizes, labels or tables may have been changed without an event.</summary>
    public void Rescan()
    {
        TakeEvents();
        // A disk that does not answer would cost two seconds each time.
        foreach (var device in Devices)
            if (!device.IsSilent) known.Remove(device.Name);
        Scan();
    }

    private bool HasSilent()
    {
        foreach (var device in Devices)
            if (device.IsSilent) return true;
        return false;
    }

    private bool MayAnyAnswer()
    {
        foreach (var device in Devices)
            if (BlockDeviceScan.MayAnswer(device)) return true;
        return false;
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
                announced = Syscall.ReadDirectoryIfThere(BlockDeviceScan.ClassBlock);
                modules.LoadForPresentHardware(starts, starter, announced.Count > 0);
                changed = true;
                continue;
            }
            var device = "/sys/bus/" + uevent!.Subsystem + "/devices/" + uevent.Name;
            if (uevent.Action is "bind" or "remove") starts.End(device);
            if (uevent.Action == "add" && uevent.Modalias is { } modalias) modules.LoadFor(modalias, device, starts);
            if (uevent.Subsystem != "block") continue;
            changed = true;
            known.Remove(uevent.Name);
            announced.Remove(uevent.Name);
            if (uevent.Action != "remove") announced.Add(uevent.Name);
        }
        return changed;
    }

    /// <summary><see cref="Devices"/>, and the disks that the kernel has not announced, as unreadable ones: for a message.</summary>
    public ImmutableArray<BlockDevice> WithSilentDisks => BlockDeviceScan.WithSilent(Devices, announced);

    private void Scan()
    {
        Devices = BlockDeviceScan.All(known, announced);
        known.Clear();
        foreach (var device in Devices) known[device.Name] = device;
    }

    private void StillWaiting(string missing, string seconds) => logger.Write(LogLevel.Warning, $"waiting for {missing}, {seconds} s left");

    private void NotWaitingFor(string starts) => logger.Write(LogLevel.Warning, $"not waiting any longer: {starts}");

    /// <summary>The last events say which drivers have finished.</summary>
    public void Dispose()
    {
        TakeEvents();
        events.Dispose();
    }
}
