using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The modules of one kernel inside a root tree.</summary>
public sealed class KernelTree
{
    private KernelTree(string directory, string release)
    {
        Directory = directory;
        Release = release;
    }

    /// <summary>Path of lib/modules/RELEASE on the build host.</summary>
    public string Directory { get; }

    public string Release { get; }

    /// <summary>Finds the kernel in a tree.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="release">Which of several; null: the only one.</param>
    /// <exception cref="OperatorException">No such tree, no kernel, or several and none chosen.</exception>
    public static KernelTree Find(string root, string? release)
    {
        if (!System.IO.Directory.Exists(root))
        {
            throw new OperatorException($"{root} is not a directory", "give --root the top directory of an unpacked system");
        }

        var found = Directories(root).SelectMany(Releases).DistinctBy(kernel => kernel.Release)
            .OrderBy(kernel => kernel.Release, StringComparer.Ordinal).ToList();
        var names = string.Join(", ", found.Select(kernel => kernel.Release));
        return (release, found.Count) switch
        {
            (_, 0) => throw new OperatorException(
                $"{root} holds no kernel: neither lib/modules nor usr/lib/modules has a release in it",
                "install the distribution's kernel package in the tree (Debian: linux-image-amd64 or linux-image-cloud-amd64)"),
            (null, 1) => found[0],
            (null, _) => throw new OperatorException($"{root} holds several kernels: {names}", "choose one with --kernel RELEASE"),
            _ => found.Find(kernel => kernel.Release == release)
                ?? throw new OperatorException($"{root} holds no kernel {release}; it has {names}", "give --kernel one of these"),
        };
    }

    /// <summary>Reads what depmod(8) and the kernel build wrote beside the modules.</summary>
    /// <exception cref="OperatorException">modules.dep is missing or damaged.</exception>
    public ModuleGraph ReadGraph()
    {
        var redo = $"run depmod -b ROOT {Release} (package kmod), ROOT being the tree's top directory";
        if (!File.Exists(Path.Combine(Directory, "modules.dep")))
        {
            throw new OperatorException($"{Directory} has no modules.dep", redo);
        }

        try
        {
            var builtInAliases = DepmodFiles.ReadBuiltInAliases(Text("modules.builtin.modinfo"));
            return new ModuleGraph(
                Release,
                DepmodFiles.ReadDependencies(Text("modules.dep")),
                DepmodFiles.ReadSoftDependencies(Text("modules.softdep")),
                [.. DepmodFiles.ReadAliases(Text("modules.alias")), .. builtInAliases],
                DepmodFiles.ReadBuiltIn(Text("modules.builtin")));
        }
        catch (FormatException damage)
        {
            throw new OperatorException($"{Directory}: {damage.Message}", redo);
        }
    }

    private string Text(string name)
    {
        var path = Path.Combine(Directory, name);
        return File.Exists(path) ? File.ReadAllText(path, Encoding.UTF8) : "";
    }

    // A merged /usr has lib as a link, perhaps an absolute one, which must not lead out of the tree: usr/lib is the same place.
    private static IEnumerable<string> Directories(string root)
    {
        yield return Path.Combine(root, "usr/lib/modules");
        if (new DirectoryInfo(Path.Combine(root, "lib")) is { Exists: true, LinkTarget: null })
        {
            yield return Path.Combine(root, "lib/modules");
        }
    }

    private static IEnumerable<KernelTree> Releases(string directory) =>
        !System.IO.Directory.Exists(directory) ? [] : System.IO.Directory.GetDirectories(directory)
            .Where(path => System.IO.Directory.Exists(Path.Combine(path, "kernel")) || File.Exists(Path.Combine(path, "modules.dep")))
            .Select(path => new KernelTree(path, Path.GetFileName(path)));
}
