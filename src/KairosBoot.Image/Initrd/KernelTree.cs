using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The modules of one kernel inside a root tree.</summary>
public sealed class KernelTree
{
    private readonly string root, directory;

    private KernelTree(string root, string directory, KernelRelease release) =>
        (this.root, this.directory, Release) = (root, $"{directory}/{release}", release);

    public KernelRelease Release { get; }

    /// <summary>Where distributions keep the kernel of this release; not each of them exists.</summary>
    internal IEnumerable<string> ImagePaths => [$"/boot/vmlinuz-{Release}", $"/{directory}/vmlinuz"];

    // For messages.
    private string Place => $"{root.TrimEnd('/')}/{directory}";

    /// <summary>Finds the kernel in a tree.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="release">Release of the kernel; null: the tree has only one.</param>
    /// <exception cref="OperatorException">The tree or the kernel does not exist, or the tree has more than one kernel and none was
    /// chosen.</exception>
    public static KernelTree Find(string root, string? release)
    {
        if (!Directory.Exists(root))
            throw new OperatorException($"{root} is not a directory", "give --root the top directory of an unpacked system");

        // With a merged /usr, lib is a link to usr/lib, and both paths are the same directory.
        var found = new[] { "usr/lib/modules", "lib/modules" }.SelectMany(directory => Releases(root, directory))
            .DistinctBy(kernel => kernel.Release)
            .OrderBy(kernel => kernel.Release.Text, StringComparer.Ordinal).ToList();
        var names = string.Join(", ", found.Select(kernel => kernel.Release));
        return (release, found.Count) switch
        {
            (_, 0) => throw new OperatorException(
                $"{root} has no kernel: lib/modules and usr/lib/modules have no release directory",
                "install the distribution's kernel package in the tree (Debian: linux-image-amd64 or linux-image-arm64)"),
            (null, 1) => found[0],
            (null, _) => throw new OperatorException($"{root} has more than one kernel: {names}", "choose one with --kernel RELEASE"),
            _ => found.Find(kernel => kernel.Release.Text == release)
                ?? throw new OperatorException($"{root} has no kernel {release}; it has {names}", "give --kernel one of these releases"),
        };
    }

    /// <summary>Reads the files that depmod(8) and the kernel build wrote next to the modules.</summary>
    /// <exception cref="OperatorException">modules.dep is missing or damaged.</exception>
    public ModuleGraph ReadGraph()
    {
        var redo = $"run depmod -b ROOT {Release} (package kmod), where ROOT is the top directory of the tree";
        if (!UntrustedTree.Has(root, $"{directory}/modules.dep"))
            throw new OperatorException($"{Place} has no modules.dep", redo);
        try
        {
            var builtInAliases = DepmodFiles.ReadBuiltInAliases(Text("modules.builtin.modinfo"));
            return new ModuleGraph(
                Release.Text,
                DepmodFiles.ReadDependencies(Text("modules.dep")),
                DepmodFiles.ReadSoftDependencies(Text("modules.softdep")),
                [.. DepmodFiles.ReadAliases(Text("modules.alias")), .. builtInAliases],
                DepmodFiles.ReadBuiltIn(Text("modules.builtin")));
        }
        catch (FormatException damage)
        {
            throw new OperatorException($"{Place}: {damage.Message}", redo);
        }
    }

    /// <summary>Reads a module file and unpacks it.</summary>
    /// <param name="path">The path in modules.dep, relative to the directory of the release; an absolute path starts there too.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="OperatorException">The file is missing or not a module.</exception>
    internal byte[] ReadModule(string path, CancellationToken cancellationToken) =>
        ModuleContent.Read(root, $"{directory}/{path}", cancellationToken);

    private string Text(string name) =>
        Encoding.UTF8.GetString(UntrustedTree.TryRead(root, $"{directory}/{name}", ReadLimit.ModuleIndex) ?? []);

    private static IEnumerable<KernelTree> Releases(string root, string directory) =>
        UntrustedTree.Names(root, directory)
            .Where(name => UntrustedTree.HasDirectory(root, $"{directory}/{name}/kernel")
                || UntrustedTree.Has(root, $"{directory}/{name}/modules.dep"))
            .Select(name => new KernelTree(root, directory, KernelRelease.Parse(name, directory)));
}
