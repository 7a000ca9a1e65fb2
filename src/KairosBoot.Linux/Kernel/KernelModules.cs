using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Loads the initrd's modules by name or by modalias, each once, dependencies first. A module that fails is recorded and reported when a
/// device turns out to be missing; it does not stop the boot.
/// </summary>
public sealed class KernelModules
{
    private readonly ModuleIndex? index;
    private readonly string directory;
    private readonly HashSet<string> tried = [];
    private readonly HashSet<string> unmatched = [];
    private readonly List<string> problems = [];

    /// <summary>
    /// Without an index (all drivers built in) no module is loaded. An index for another kernel is reported and not used.
    /// </summary>
    /// <param name="root">Root of the initrd; empty: that of the caller.</param>
    public KernelModules(string root = "")
    {
        var release = Syscall.KernelRelease();
        directory = $"{root}/lib/modules/{release}";
        if (FileText.TryRead(directory + "/modules.index") is { } text)
        {
            try { index = ModuleIndex.Parse(text); }
            catch (FormatException e) { problems.Add($"{directory}/modules.index: {e.Message}"); }
            return;
        }
        foreach (var other in Syscall.ReadDirectoryIfThere(root + "/lib/modules"))
            problems.Add($"the initrd carries modules for kernel {other}, but {release} is running");
    }

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

    /// <summary>Loads the modules that every boot needs.</summary>
    public void LoadAlways()
    {
        if (index is null) return;
        foreach (var name in index.Always) Load(name);
    }

    /// <summary>
    /// Loads the driver of a file system. Does nothing if it is built in, or if the initrd has none: then the mount fails and reports it.
    /// </summary>
    public void LoadFileSystem(string type) => Load("fs-" + type);

    /// <summary>
    /// Loads drivers for all devices on the buses now. Devices that appear because of that announce themselves with an event.
    /// </summary>
    /// <param name="starts">Gets the devices that a driver was found for.</param>
    public void LoadForPresentHardware(DriverStarts starts)
    {
        // All devices first: the first driver may start several of them.
        var drivers = new List<string>();
        foreach (var bus in Syscall.ReadDirectoryIfThere("/sys/bus"))
        {
            var devices = $"/sys/bus/{bus}/devices/";
            foreach (var device in Syscall.ReadDirectoryIfThere(devices))
            {
                if (FileText.TryReadAttribute(devices + device + "/modalias") is { Length: > 0 } modalias
                    && DriversFor(modalias) is { Count: > 0 } names)
                {
                    starts.ExpectPresent(devices + device);
                    drivers.AddRange(names);
                }
            }
        }

        foreach (var name in drivers) Load(name);
    }

    /// <summary>Loads the drivers of a device that has appeared.</summary>
    /// <param name="modalias">Names the hardware.</param>
    /// <param name="device">Its link in the directory of its bus.</param>
    /// <param name="starts">Gets the device if a driver was found for it.</param>
    public void LoadFor(string modalias, string device, DriverStarts starts)
    {
        var names = DriversFor(modalias);
        if (names.Count > 0) starts.Expect(device);
        foreach (var name in names) Load(name);
    }

    private IReadOnlyList<string> DriversFor(string modalias)
    {
        if (index is null) return [];
        var names = index.ForModalias(modalias);
        if (names.Count == 0) unmatched.Add(modalias);
        return names;
    }

    /// <summary>Loads a driver by its name. Does nothing if the initrd has no such driver.</summary>
    /// <param name="name">Name of the module, or an alias.</param>
    /// <param name="parameters">As on a modprobe command line.</param>
    public void Load(string name, string parameters = "")
    {
        if (index?.LoadOrder(name) is not { } order) return;
        foreach (var module in order)
            if (tried.Add(module)) Insert(module, module == name ? parameters : "");
    }

    private void Insert(string module, string parameters)
    {
        try
        {
            using var file = Syscall.Open($"{directory}/{module}.ko", OpenFlags.ReadOnly);
            Syscall.FInitModule(file, parameters);
        }
        // EEXIST: it is loaded already. ENODEV: its hardware does not exist, which only the driver can detect.
        catch (SyscallException e) when (e.Errno is Errno.EEXIST or Errno.ENODEV) { }
        catch (SyscallException e) { problems.Add(e.Message); }
    }
}
