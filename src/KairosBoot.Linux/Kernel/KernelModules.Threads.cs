namespace KairosBoot.Linux;

/// <summary>
/// Loading in several threads. The kernel checks the signature of a module in the thread that loads it, which takes longer than the rest
/// of the load. With a second processor, what needs no hardware is checked while the first one loads and starts the drivers of the disk.
/// </summary>
public sealed partial class KernelModules
{
    /// <summary>
    /// Starts to load, in other threads, what the boot needs later: what the drivers of the present hardware depend on, the modules of
    /// every boot, and the file system of the disk. It starts no device. Does nothing with one processor, where it would only delay the
    /// drivers.
    /// </summary>
    public void LoadAhead()
    {
        if (index is null || Environment.ProcessorCount < 2) return;
        if (Environment.ProcessorCount > 2)
        {
            InThread(LoadForDisk);
            InThread(LoadAlways);
        }
        else
        {
            InThread(() => { LoadForDisk(); LoadAlways(); });
        }
    }

    private void LoadForDisk()
    {
        var drivers = DriversOf(PresentHardware());
        var all = new HashSet<string>(drivers);
        // The first thread comes from the other end.
        for (var i = drivers.Count - 1; i >= 0; i--) LoadDependencies(drivers[i], all);
        LoadFileSystem("ext4");
    }

    // Nothing that is itself a driver of present hardware: whether it has started its devices can only be seen by who waits for that.
    private void LoadDependencies(string driver, HashSet<string> drivers)
    {
        if (index!.LoadOrder(driver) is not { } order) return;
        var i = order.Count - 1;
        while (i >= 0 && order[i] != driver) i--;
        for (i--; i >= 0; i--)
            if (index.LoadOrder(order[i]) is { } needed && !drivers.Overlaps(needed)) Load(order[i], InBackground);
    }

    // The caller loads the same ones from the other end. When it has come to its own end, it has waited for each.
    private void LoadBackwardsNextToThis(List<string> drivers)
    {
        if (drivers.Count < 2 || Environment.ProcessorCount < 2) return;
        InThread(() =>
        {
            for (var i = drivers.Count - 1; i >= 0; i--) Load(drivers[i], InBackground);
        });
    }

    private static void InThread(Action work)
    {
        // A thread gets memory for its whole stack when it starts, 1.5 MiB by default. A load needs little of it.
        var thread = new Thread(() =>
        {
            try { work(); }
            // An exception that leaves a thread would end PID 1. The first thread loads what is missing then, and reports it.
            catch (Exception) { }
        }, maxStackSize: 256 << 10);
        thread.IsBackground = true;
        try { thread.Start(); }
        // No memory for one more thread: the first one loads everything.
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException) { }
    }

    private bool IsLoaded(string module)
    {
        lock (loads) return loads.ContainsKey(module);
    }

    // Each module once. Who comes second waits until the first has loaded it.
    private void LoadOne(string module, string parameters, string? without)
    {
        ModuleLoad? load;
        lock (loads)
        {
            if (!loads.TryGetValue(module, out load)) loads.Add(module, load = new());
        }
        lock (load)
        {
            if (load.IsDone) return;
            Insert(module, parameters, without);
            load.IsDone = true;
        }
    }

    private void Note(string problem)
    {
        lock (loads) problems.Add(problem);
    }

    /// <summary>Its lock is held while the kernel loads the module.</summary>
    private sealed class ModuleLoad
    {
        public bool IsDone { get; set; }
    }
}
