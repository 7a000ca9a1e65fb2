using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Loads the initrd's modules by name or by modalias, each once, dependencies first. A module that fails is recorded and reported when a
/// device turns out to be missing; it does not stop the boot. The drivers of hardware start their devices in the background.
/// </summary>
public sealed class KernelModules
{
    // Without this option the kernel waits, in every load of a module, until all drivers have started all their devices
    // (kernel/module/main.c, do_init_module).
    private const string InBackground = "async_probe";

    // The kernel's own subsystems: no device of theirs has a file modalias. A large machine has thousands of them. PNP devices name their
    // drivers in the devices of ACPI.
    private static readonly string[] WithoutDrivers = ["clockevents", "clocksource", "container", "cpu", "edac", "event_source",
        "machinecheck", "memory", "memory_tiering", "node", "pnp", "workqueue"];

    // drivers/acpi/scan.c, acpi_set_device_hid: a device without any id, so without a modalias.
    private const string AcpiWithoutId = "device:";

    private readonly ModuleIndex? index;
    private readonly string directory;
    private readonly HashSet<string> tried;
    private readonly ImmutableArray<string> requested = [];
    private readonly ImmutableArray<string> excluded;
    private readonly HashSet<string> unmatched = [];
    private readonly List<string> problems = [];
    private readonly List<string> keptOut = [];

    /// <summary>
    /// Without an index (all drivers built in) no module is loaded. An index for another kernel is reported and not used.
    /// </summary>
    /// <param name="root">Root of the initrd; empty: that of the caller.</param>
    /// <param name="request">Which modules the command line adds and keeps out; null: none.</param>
    public KernelModules(string root = "", BootRequest? request = null)
    {
        tried = [];
        requested = request?.Modules ?? [];
        excluded = request?.ExcludedModules ?? [];
        var release = Syscall.KernelRelease();
        directory = DirectoryIn(root);
        if (FileText.TryRead(directory + "/modules.index") is { } text)
        {
            try { index = ModuleIndex.Parse(text); }
            catch (FormatException e) { problems.Add($"{directory}/modules.index: {e.Message}"); }
            return;
        }
        foreach (var other in Syscall.ReadDirectoryIfThere(root + "/lib/modules"))
            problems.Add($"the initrd carries modules for kernel {other}, but {release} is running");
    }

    private KernelModules(KernelModules other, string root)
    {
        index = other.index;
        tried = other.tried;
        excluded = other.excluded;
        directory = DirectoryIn(root);
    }

    private static string DirectoryIn(string root) => $"{root}/lib/modules/{Syscall.KernelRelease()}";

    /// <summary>The same modules for a process that has the initrd at another path. None is loaded again.</summary>
    public KernelModules At(string root) => new(this, root);

    /// <summary>Failures so far, one sentence each.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>Modaliases of hardware for which the initrd has no driver, sorted.</summary>
    public List<string> UnmatchedHardware
    {
        get
        {
            var list = new List<string>(unmatched);
            list.Sort(string.CompareOrdinal);
            return list;
        }
    }

    /// <summary>Drivers of present hardware that the command line keeps out.</summary>
    public IReadOnlyList<string> KeptOut => keptOut;

    /// <summary>Loads the modules that every boot needs, then those that the command line adds.</summary>
    public void LoadAlways()
    {
        if (index is not null)
            foreach (var name in index.Always) Load(name);
        foreach (var name in requested)
        {
            if (excluded.Contains(name)) problems.Add($"kairosboot.modules: modprobe.blacklist keeps {name} out");
            else if (index?.LoadOrder(name) is null)
                problems.Add($"kairosboot.modules: the initrd has no module {name}; add it with kboot initrd build --modules");
            else Load(name, InBackground);
        }
    }

    /// <summary>
    /// Loads the drivers of USB keyboards. Only a screen that waits for keys needs them, and no device asks for them before
    /// (<see cref="KeyboardDrivers"/>).
    /// </summary>
    public void LoadKeyboards()
    {
        foreach (var name in KeyboardDrivers.Controllers) Load(name, InBackground);
        foreach (var name in KeyboardDrivers.Own) Load(name, InBackground);
    }

    /// <summary>
    /// Loads the driver of a file system. Does nothing if it is built in, or if the initrd has none: then the mount fails and reports it.
    /// </summary>
    public void LoadFileSystem(string type) => Load("fs-" + type, InBackground);

    /// <summary>
    /// Loads drivers for all devices on the buses now. Devices that appear because of that announce themselves with an event.
    /// </summary>
    /// <param name="starts">Gets the devices that a driver was found for.</param>
    /// <param name="starter">Starts the virtio disks.</param>
    /// <param name="hasDisks">There are block devices already.</param>
    internal void LoadForPresentHardware(DriverStarts starts, DeviceStarter starter, bool hasDisks)
    {
        // All devices first: the first driver may start several of them.
        var drivers = new List<string>();
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
                    starts.ExpectPresent(devices + device);
                    drivers.AddRange(names);
                }
            }
        }

        // Those may find some, too.
        hasDisks |= !requested.IsEmpty;
        // These number the virtio devices in the order in which they start them, and wait for none.
        foreach (var name in drivers)
        {
            if (name is "virtio_pci" or "virtio_mmio") Load(name);
            else hasDisks = true; // it may have some
        }
        StartVirtioDisks(starts, starter, hasDisks);
        foreach (var name in drivers) Load(name, InBackground);
    }

    // A virtio disk has no time limit, and its name (vda, vdb) follows the order of the starts. While the kernel starts one in the
    // background, every program that loads a module waits for it, so that a disk which does not answer would stop the booted system. The
    // only disk may: without it nothing boots.
    private void StartVirtioDisks(DriverStarts starts, DeviceStarter starter, bool hasOthers)
    {
        if (tried.Contains(VirtioDisks.Driver) || excluded.Contains(VirtioDisks.Driver)) return;
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
        if (found.Count == 0) unmatched.Add(modalias);
        foreach (var name in found)
        {
            if (!excluded.Contains(name)) names.Add(name);
            else if (!keptOut.Contains(name)) keptOut.Add(name);
        }
        return names;
    }

    /// <summary>
    /// Loads a driver by its name, and waits until it has started its devices. Does nothing if the initrd has no such driver. Modules that
    /// the command line keeps out are not loaded for another one either.
    /// </summary>
    /// <param name="name">Name of the module, or an alias.</param>
    /// <param name="parameters">As on a modprobe command line.</param>
    public void Load(string name, string parameters = "")
    {
        if (index?.LoadOrder(name) is not { } order) return;
        string? without = null;
        foreach (var module in order)
        {
            if (excluded.Contains(module)) without = module;
            else if (tried.Add(module)) Insert(module, module == name || parameters == InBackground ? parameters : "", without);
        }
    }

    private void Insert(string module, string parameters, string? without)
    {
        try
        {
            using var file = Syscall.Open($"{directory}/{module}.ko", OpenFlags.ReadOnly);
            Syscall.FInitModule(file, parameters);
        }
        // EEXIST: it is loaded already. ENODEV: its hardware does not exist, which only the driver can detect.
        catch (SyscallException e) when (e.Errno is Errno.EEXIST or Errno.ENODEV) { }
        // ENOENT: it uses a symbol of a module that is not loaded.
        catch (SyscallException e) when (e.Errno == Errno.ENOENT && without is not null)
        {
            problems.Add($"{e.Message}; modprobe.blacklist keeps {without} out");
        }
        catch (SyscallException e) { problems.Add(e.Message); }
    }
}
