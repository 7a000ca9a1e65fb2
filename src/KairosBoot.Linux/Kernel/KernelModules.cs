using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Loads the initrd's modules by name or by modalias, each once, dependencies first. A module that fails is recorded and reported when a
/// device turns out to be missing; it does not stop the boot. The drivers of hardware start their devices in the background.
/// </summary>
public sealed partial class KernelModules
{
    // Without this option the kernel waits, in every load of a module, until all drivers have started all their devices
    // (kernel/module/main.c, do_init_module).
    private const string InBackground = "async_probe";

    private readonly ModuleIndex? index;
    private readonly string directory;
    private readonly Dictionary<string, ModuleLoad> loads; // its lock guards what else both threads write
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
        loads = [];
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
        // A fork has no other thread: what that was loading is not done here, and its locks stay locked.
        loads = [];
        foreach (var (module, load) in other.loads) loads.Add(module, new() { IsDone = load.IsDone });
        excluded = other.excluded;
        directory = DirectoryIn(root);
    }

    private static string DirectoryIn(string root) => $"{root}/lib/modules/{Syscall.KernelRelease()}";

    /// <summary>The same modules for a process that has the initrd at another path. None is loaded again.</summary>
    public KernelModules At(string root) => new(this, root);

    /// <summary>Failures so far, one sentence each.</summary>
    public IReadOnlyList<string> Problems
    {
        get { lock (loads) return [.. problems]; }
    }

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

    /// <summary>Loads the modules that the command line adds.</summary>
    public void LoadRequested()
    {
        foreach (var name in requested)
        {
            if (excluded.Contains(name)) Note($"kairosboot.modules: modprobe.blacklist keeps {name} out");
            else if (index?.LoadOrder(name) is null)
                Note($"kairosboot.modules: the initrd has no module {name}; add it with kboot initrd build --modules");
            else Load(name, InBackground);
        }
    }

    /// <summary>Loads the modules that every boot needs on any hardware.</summary>
    public void LoadAlways()
    {
        if (index is null) return;
        foreach (var name in index.Always) Load(name, InBackground);
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
            else LoadOne(module, module == name || parameters == InBackground ? parameters : "", without);
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
            Note($"{e.Message}; modprobe.blacklist keeps {without} out");
        }
        catch (SyscallException e) { Note(e.Message); }
    }
}
