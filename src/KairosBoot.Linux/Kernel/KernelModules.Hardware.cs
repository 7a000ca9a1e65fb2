namespace KairosBoot.Linux;

/// <summary>The drivers of the hardware that the kernel shows.</summary>
public sealed partial class KernelModules
{
    // The kernel's own subsystems: no device of theirs has a file modalias. A large machine has thousands of them. PNP devices name their
    // drivers in the devices of ACPI.
    private static readonly string[] WithoutDrivers = ["clockevents", "clocksource", "container", "cpu", "edac", "event_source",
        "machinecheck", "memory", "memory_tiering", "node", "pnp", "workqueue"];

    // drivers/acpi/scan.c, acpi_set_device_hid: a device without any id, so without a modalias.
    private const string AcpiWithoutId = "device:";

    /// <summary>
    /// Loads drivers for all devices on the buses now. Devices that appear because of that announce themselves with an event.
    /// </summary>
    /// <param name="starts">Gets the devices that a driver was found for.</param>
    /// <param name="starter">Starts the virtio disks.</param>
    /// <param name="hasDisks">There are block devices already.</param>
    internal void LoadForPresentHardware(DriverStarts starts, DeviceStarter starter, bool hasDisks)
    {
        // All devices first: the first driver may start several of them.
        var present = PresentHardware();
        foreach (var (device, _) in present) starts.ExpectPresent(device);
        var drivers = DriversOf(present);

        // Those may find some, too.
        hasDisks |= !requested.IsEmpty;
        // These number the virtio devices in the order in which they start them, and wait for none.
        foreach (var name in drivers)
        {
            if (name is "virtio_pci" or "virtio_mmio") Load(name);
            else hasDisks = true; // it may have some
        }
        StartVirtioDisks(starts, starter, hasDisks);
        LoadBackwardsNextToThis(drivers);
        foreach (var name in drivers) Load(name, InBackground);
    }

    /// <summary>
    /// The devices on the buses now that the initrd has a driver for: link in the directory of the bus, names of the drivers.
    /// </summary>
    private List<(string Device, List<string> Drivers)> PresentHardware()
    {
        var found = new List<(string, List<string>)>();
        foreach (var bus in Syscall.ReadDirectoryIfThere("/sys/bus"))
        {
            if (Array.IndexOf(WithoutDrivers, bus) >= 0) continue;
            var devices = $"/sys/bus/{bus}/devices/";
            foreach (var device in Syscall.ReadDirectoryIfThere(devices))
            {
                if (device.StartsWith(AcpiWithoutId, StringComparison.Ordinal)) continue;
                if (FileText.TryReadAttribute(devices + device + "/modalias") is { Length: > 0 } modalias
                    && DriversFor(modalias) is { Count: > 0 } names)
                {
                    found.Add((devices + device, names));
                }
            }
        }
        return found;
    }

    // Each driver once: a machine may have many devices of a kind.
    private static List<string> DriversOf(List<(string Device, List<string> Drivers)> present)
    {
        var drivers = new List<string>();
        foreach (var (_, names) in present)
        {
            foreach (var name in names)
                if (!drivers.Contains(name)) drivers.Add(name);
        }
        return drivers;
    }

    // A virtio disk has no time limit, and its name (vda, vdb) follows the order of the starts. While the kernel starts one in the
    // background, every program that loads a module waits for it, so that a disk which does not answer would stop the booted system. The
    // only disk may: without it nothing boots.
    private void StartVirtioDisks(DriverStarts starts, DeviceStarter starter, bool hasOthers)
    {
        if (IsLoaded(VirtioDisks.Driver) || excluded.Contains(VirtioDisks.Driver)) return;
        if (index?.LoadOrder(VirtioDisks.Driver) is not { Count: > 0 }) return;
        if (VirtioDisks.NotStarted().Count is var count && (count == 0 || count == 1 && !hasOthers && !VirtioDisks.HasScsiHost())) return;
        if (!VirtioDisks.SetAutomatic(false)) return;

        Load(VirtioDisks.Driver, InBackground);
        VirtioDisks.SetAutomatic(true);
        var disks = VirtioDisks.NotStarted();
        foreach (var disk in disks) starts.ExpectPresent(disk);
        starter.Start(disks);
    }

    /// <summary>Loads the drivers of a device that has appeared.</summary>
    /// <param name="modalias">Names the hardware.</param>
    /// <param name="device">Its link in the directory of its bus.</param>
    /// <param name="starts">Gets the device if a driver was found for it.</param>
    internal void LoadFor(string modalias, string device, DriverStarts starts)
    {
        var names = DriversFor(modalias);
        if (names.Count > 0) starts.Expect(device);
        foreach (var name in names) Load(name, InBackground);
    }

    private List<string> DriversFor(string modalias)
    {
        var names = new List<string>();
        if (index is null) return names;
        var found = index.ForModalias(modalias);
        lock (loads)
        {
            if (found.Count == 0) unmatched.Add(modalias);
            foreach (var name in found)
            {
                if (!excluded.Contains(name)) names.Add(name);
                else if (!keptOut.Contains(name)) keptOut.Add(name);
            }
        }
        return names;
    }
}
