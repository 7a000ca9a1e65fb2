using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Files that a boot needs and the tree lacks: kernel and initrd under the names that GRUB loads, and mount points.</summary>
internal static class BootFiles
{
    private const int Ordinary = Octal.O755, Private = Octal.O700, Shared = Octal.O1777;

    // The root is mounted read-only, so these cannot be created later.
    internal static readonly (string Path, int Mode)[] MountPoints =
    [
        ("dev", Ordinary), ("proc", Ordinary), ("sys", Ordinary), ("run", Ordinary), ("tmp", Shared), ("oem", Ordinary),
        ("etc", Ordinary), ("home", Ordinary), ("mnt", Ordinary), ("opt", Ordinary), ("root", Private), ("srv", Ordinary),
        ("usr", Ordinary), ("usr/local", Ordinary), ("var", Ordinary),
    ];

    /// <summary>True: a build adds this directory to a tree without it. The path is absolute.</summary>
    internal static bool AddsDirectory(string path) => MountPoints.Any(row => "/" + row.Path == path);

    /// <param name="request">How to build an initrd.</param>
    /// <param name="root">The tree.</param>
    /// <param name="scratch">Takes the initrd if it has to be built.</param>
    /// <exception cref="OperatorException">No kernel in the tree.</exception>
    internal static List<TreeAddition> Missing(ImageRequest request, string root, TemporaryDirectory scratch)
    {
        var additions = new List<TreeAddition>();
        foreach (var (path, mode) in MountPoints.Append(("boot", Ordinary))
            .Where(row => UntrustedTree.TryStat(root, row.Item1, followLast: false) is null))
        {
            additions.Add(new TreeAddition.Directory(path, mode));
        }

        var kernel = new BootKernel(root, request.Kernel);
        if (!UntrustedTree.Has(root, BootKernel.Path))
        {
            additions.Add(new TreeAddition.Link(BootKernel.Path.TrimStart('/'),
                KernelLink(root, KernelTree.Find(root, request.Kernel).Release)));
        }

        if (!UntrustedTree.Has(root, "/boot/initrd"))
            additions.Add(new TreeAddition.File("boot/initrd", BuildInitrd(request, root, kernel, scratch)));
        additions.AddRange(ImageArguments.Missing(root, scratch));
        return additions;
    }

    private static string BuildInitrd(ImageRequest request, string root, BootKernel kernel, TemporaryDirectory scratch)
    {
        var initrd = InitrdBuilder.Build(new InitrdRequest(root, request.Kernel ?? kernel.ReleaseWithModules(root), request.Modules,
            request.Compression, request.Init)
        {
            UnpacksKernel = request.UnpacksKernel,
        }, scratch.Interrupt);
        if (kernel.Release is { } booted && booted != initrd.Release)
        {
            throw new OperatorException($"the initrd is for the kernel {initrd.Release}, but {BootKernel.Path} of the tree is {booted}",
                $"make ROOT{BootKernel.Path} a link to the kernel {initrd.Release}, or install the modules of {booted} in the tree");
        }

        var file = scratch.File("initrd");
        HostFile.Write(file, initrd.Content);
        return file;
    }

    // Debian and Fedora keep kernels in /boot, image-based systems next to the modules, Alpine under the name of a flavour.
    internal static string KernelLink(string root, KernelRelease release)
    {
        if (UntrustedTree.Has(root, $"/boot/vmlinuz-{release}")) return $"vmlinuz-{release}";
        if (UntrustedTree.Has(root, $"/usr/lib/modules/{release}/vmlinuz"))
            return $"../usr/lib/modules/{release}/vmlinuz";
        const string Prefix = "vmlinuz-";
        var kernels = UntrustedTree.Names(root, "/boot")
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && !UntrustedTree.HasDirectory(root, $"/boot/{name}"))
            .ToList();
        return kernels.Count == 1 ? Prefix + KernelRelease.Parse(kernels[0][Prefix.Length..], "/boot of the tree")
            : throw new OperatorException(
            $"the tree has no kernel image for {release}: neither boot/vmlinuz-{release} nor usr/lib/modules/{release}/vmlinuz",
            "install the distribution's kernel package in the tree, or make boot/vmlinuz a link to the kernel");
    }
}
