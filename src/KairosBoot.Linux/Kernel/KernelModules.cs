using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Loads the initrd's modules by name or by what hardware announces, each once, dependencies first. A module that fails is remembered and
/// named when something turns out to be missing; it never stops the boot by itself.
/// </summary>
public sealed class KernelModules
{
    private readonly ModuleIndex? index;
    private readonly string directory;
    private readonly HashSet<string> tried = [];
    private readonly HashSet<string> unmatched = [];
    private readonly List<string> problems = [];

    /// <summary>Without an index (everything built in) nothing is loaded; an index for another kernel is a problem, and is not used.</summary>
    /// <param name="root">Of the initrd, where it is not the caller's own.</param>
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

    /// <summary>What went wrong so far, one sentence each.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>Hardware that announced itself and for which the initrd has no driver, sorted.</summary>
    public List<string> UnmatchedHardware
    {
        get
        {
            var list = new List<string>(unmatched);
            list.Sort(string.CompareOrdinal);
            return list;
        }
    }

    /// <summary>The modules every boot needs.</summary>
    public void LoadAlways()
    {
        if (index is null) return;
        foreach (var name in index.Always) Load(name);
    }

    /// <summary>The driver of a file system. Nothing happens where the kernel has it built in, or the initrd has none: mount will say so.</summary>
    public void LoadFileSystem(string type) => Load("fs-" + type);

    /// <summary>Drivers for everything on the buses now; what appears because of that announces itself as an event.</summary>
    public void LoadForPresentHardware()
    {
        foreach (var bus in Syscall.ReadDirectoryIfThere("/sys/bus"))
        {
            var devices = $"/sys/bus/{bus}/devices";
            foreach (var device in Syscall.ReadDirectoryIfThere(devices))
                if (FileText.TryReadAttribute($"{devices}/{device}/modalias") is { Length: > 0 } modalias) LoadFor(modalias);
        }
    }

    public void LoadFor(string modalias)
    {
        if (index is null) return;
        var names = index.ForModalias(modalias);
        if (names.Count == 0) unmatched.Add(modalias);
        foreach (var name in names) Load(name);
    }

    /// <summary>A driver by its name. Nothing happens where the initrd has none of that name.</summary>
    public void Load(string name)
    {
        if (index?.LoadOrder(name) is not { } order) return;
        foreach (var module in order)
            if (tried.Add(module)) Insert(module);
    }

    private void Insert(string module)
    {
        try
        {
            using var file = Syscall.Open($"{directory}/{module}.ko", OpenFlags.ReadOnly);
            Syscall.FInitModule(file, "");
        }
        // EEXIST: it is there. ENODEV: its hardware is not, which only the driver itself could tell.
        catch (SyscallException e) when (e.Errno is Errno.EEXIST or Errno.ENODEV) { }
        catch (SyscallException e) { problems.Add(e.Message); }
    }
}
