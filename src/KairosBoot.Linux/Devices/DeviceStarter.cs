using KairosBoot.Plan;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// Starts devices one after another in a separate process. The kernel blocks the process that starts a device which does not answer, and
/// no signal ends that. Another process then starts the devices after it.
/// </summary>
internal sealed unsafe class DeviceStarter
{
    // A disk needs a few milliseconds. A slow one has its name by then, so the next one can be started at the same time.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly List<string> waiting = [];
    private FileHandle? progress;
    private long since;

    /// <summary>A device is being started, or waits for another one.</summary>
    public bool IsBusy => progress is not null;

    /// <param name="devices">Their links in the directory of their bus. They have a driver and are not started yet.</param>
    public void Start(IReadOnlyList<string> devices)
    {
        waiting.AddRange(devices);
        if (progress is null) StartNext();
    }

    /// <summary>Notes what was started. If a device keeps its process busy for a while, another process starts those behind it.</summary>
    public void Advance()
    {
        if (progress is null) return;
        Take();
        if (progress is null || waiting.Count < 2 || Syscall.BootTimeMicroseconds() - since < Patience.TotalMicroseconds) return;
        SkipFirst();
    }

    /// <summary>Starts each device that still waits in a separate process.</summary>
    public void StartAll()
    {
        Advance();
        while (progress is not null && waiting.Count > 1) SkipFirst();
    }

    private void Take()
    {
        var ready = new pollfd { fd = progress!.Descriptor, events = LibC.POLLIN };
        if (LibC.poll(&ready, 1, 0) <= 0) return;
        var started = Syscall.Read(progress, new byte[waiting.Count]);
        waiting.RemoveRange(0, started);
        since = Syscall.BootTimeMicroseconds();
        if (waiting.Count == 0) End();
        else if (started == 0) SkipFirst(); // somebody has killed the process
    }

    // Its process ends when it cannot report any more.
    private void SkipFirst()
    {
        waiting.RemoveAt(0);
        End();
        if (waiting.Count > 0) StartNext();
    }

    private void End()
    {
        progress?.Dispose();
        progress = null;
    }

    private void StartNext()
    {
        var (reader, writer) = ChildProcess.Pipe("the start of " + waiting[0]);
        using (writer)
        {
            since = Syscall.BootTimeMicroseconds();
            progress = reader;
            if (StorageDaemon.Start(writer, StartWaiting)) return;
        }

        // Without memory for a process there is no other way.
        foreach (var device in waiting) TryStart(device);
        waiting.Clear();
        End();
    }

    private void StartWaiting()
    {
        foreach (var device in waiting)
        {
            TryStart(device);
            byte done = 0;
            if (LibC.write(0, &done, 1) != 1) return;
        }
    }

    // Documentation/ABI/testing/sysfs-bus: drivers_probe. The call returns when the driver has started the device, or has refused it.
    private static void TryStart(string device)
    {
        try
        {
            FileText.WriteAttribute(PathParts.ParentOf(PathParts.ParentOf(device)) + "/drivers_probe", PathParts.NameOf(device));
        }
        catch (SyscallException) { } // the driver does not support the device, or the device is gone
    }
}
