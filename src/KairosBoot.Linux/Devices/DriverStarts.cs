using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Devices that have a driver in the initrd and have not been started by it yet. The kernel reports the end of each start that succeeded
/// with the event <c>bind</c>. A device is known by its link in the directory of its bus.
/// </summary>
public sealed class DriverStarts
{
    private readonly List<string> expected = [];

    public bool IsEmpty => expected.Count == 0;

    /// <summary>A driver is starting one of the devices now. A start that has not begun yet is not seen.</summary>
    public bool IsAnyStarting => expected.Exists(HasDriver);

    /// <summary>A device has appeared. Its <c>bind</c> follows, also where its driver was loaded earlier.</summary>
    public void Expect(string device)
    {
        if (!expected.Contains(device)) expected.Add(device);
    }

    /// <summary>The same for a device that existed before its driver was loaded.</summary>
    public void ExpectPresent(string device)
    {
        if (!HasDriver(device)) Expect(device);
    }

    /// <summary>The driver has started the device, or the device is gone.</summary>
    public void End(string device) => expected.Remove(device);

    /// <summary>No driver is working: those that have not started their device do not support it.</summary>
    public void EndAll() => expected.Clear();

    /// <summary>The devices that a driver is starting now, a line for each; empty: none.</summary>
    public string Describe()
    {
        var text = "";
        foreach (var device in expected)
        {
            if (DriverOf(device) is not { } driver) continue;
            if (text.Length > 0) text += "\n";
            text += "the driver " + driver + " has not started the device " + device;
            // The kernel creates the disk before it reads the partition table.
            foreach (var disk in Syscall.ReadDirectoryIfThere(device + "/block")) text += ", disk " + disk;
        }
        return text;
    }

    // The kernel sets the link before the driver starts the device, and removes it if the driver refuses: drivers/base/dd.c, really_probe.
    private static bool HasDriver(string device) => Syscall.TryStat(device + "/driver") is not null;

    private static string? DriverOf(string device)
    {
        try { return PathParts.NameOf(Syscall.ReadLink(device + "/driver")); }
        catch (SyscallException) { return null; }
    }
}
