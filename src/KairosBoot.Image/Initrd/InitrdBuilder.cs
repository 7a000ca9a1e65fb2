using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Packs an initrd with kairos-boot, kernel modules and their index, and nothing else. The same input gives the same bytes.
/// </summary>
public static class InitrdBuilder
{
    // Needed on any hardware: the root is an image file with overlays.
    private static readonly string[] Always = ["loop", "overlay"];

    private static readonly string[] Directories = ["dev", "proc", "sys", "run", "sysroot", "lib", "lib/modules"];

    /// <exception cref="OperatorException">The tree, the modules or the init cannot be used.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> came.</exception>
    public static BuiltInitrd Build(InitrdRequest request, CancellationToken cancellationToken = default)
    {
        var kernel = KernelTree.Find(request.Root, request.Kernel);
        var graph = kernel.ReadGraph();
        var treeMachine = InitrdMachine.OfTree(request.Root, kernel);
        var (wanted, absent) = ModuleSet.Select(graph, request.Modules, Architecture.Find(treeMachine));
        foreach (var name in Always.Where(name => !ModuleSet.Known(graph, name)))
        {
            throw new OperatorException(
                $"kernel {kernel.Release} has no module {name}, which every boot needs",
                "install the kernel's complete module package, or another kernel");
        }

        var (compression, reason) =
            Compression(KernelUnpacking.Of(request.Root, kernel.Release, request.UnpacksKernel), request.Compression);
        var packed = graph.Closure(wanted.Concat(Always));
        var directory = $"lib/modules/{kernel.Release}";
        var entries = Directories.Append(directory).Select(CpioEntry.Directory).ToList();
        entries.Add(CpioEntry.CharacterDevice("dev/console", 5, 1));
        var init = InitProgram.Read(request.Init, request.Root, treeMachine);
        var machine = ProcessorArchitecture.OfProgram(init);
        foreach (var path in kernel.ImagePaths) InitrdMachine.Require(machine, Architecture.MachineOfKernel(request.Root, path), path);
        entries.Add(CpioEntry.File("init", init, executable: true));
        if (request.DebugShell is { } shell) entries.AddRange(DebugShell.Entries(shell, machine));
        entries.Add(CpioEntry.File($"{directory}/modules.index", Encoding.UTF8.GetBytes(ModuleIndexWriter.ToText(graph, packed, Always)),
            executable: false));
        foreach (var name in packed)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var module = kernel.ReadModule(graph.Find(name)!.Path, cancellationToken);
            InitrdMachine.Require(machine, ProcessorArchitecture.OfProgram(module), $"{name}.ko");
            entries.Add(CpioEntry.File($"{directory}/{name}.ko", module, executable: false));
        }

        var archive = CpioArchive.Write(entries);
        cancellationToken.ThrowIfCancellationRequested();
        return new BuiltInitrd(InitrdPacking.Pack(archive, compression), kernel.Release.Text,
            packed.Order(StringComparer.Ordinal).ToList(), absent, compression, reason);
    }

    private static (InitrdCompression Compression, string? Reason) Compression(KernelUnpacking kernel, InitrdCompression wanted)
    {
        if (wanted == InitrdCompression.Auto) return kernel.Choose();
        return kernel.Problem(wanted) is not { } problem ? (wanted, null)
            : throw new OperatorException(problem, "choose another --compress, or auto");
    }
}
