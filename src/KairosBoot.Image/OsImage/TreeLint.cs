using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Checks that a tree would boot as an image, without building one.</summary>
public static class TreeLint
{
    private static readonly string[] Disks = ["virtio_blk", "sd_mod", "nvme", "mmc_block", "xen_blkfront"];

    /// <exception cref="OperatorException">Not a directory.</exception>
    public static IReadOnlyList<TreeFinding> Check(string root)
    {
        if (!Directory.Exists(root))
            throw new OperatorException($"{root} is not a directory", "give --root the top directory of an unpacked system");
        return [.. TreeCheck.Problems(root).Select(Error), .. MountPoints(root), .. Attempt(() => Kernel(root)),
            .. Attempt(() => Initrd(root))];
    }

    private static TreeFinding Error(OperatorException problem) => new(problem.Problem, problem.Fix, IsWarning: false);

    private static IReadOnlyList<TreeFinding> Attempt(Func<IEnumerable<TreeFinding>> check)
    {
        try
        {
            return check().ToList();
        }
        catch (OperatorException problem)
        {
            return [Error(problem)];
        }
    }

    private static IEnumerable<TreeFinding> MountPoints(string root)
    {
        foreach (var (path, _) in BootFiles.MountPoints)
        {
            if (UntrustedTree.TryStat(root, path, followLast: false) is null)
            {
                yield return new($"the tree has no directory /{path} to mount on",
                    $"run mkdir ROOT/{path}, or build the image with kboot image build", IsWarning: true);
            }
            else if (!UntrustedTree.HasDirectory(root, path))
            {
                yield return new($"/{path} is not a directory, so nothing can be mounted on it", $"replace ROOT/{path} by a directory",
                    IsWarning: false);
            }
        }
    }

    private static IEnumerable<TreeFinding> Kernel(string root)
    {
        if (!UntrustedTree.Has(root, "/boot/vmlinuz"))
        {
            var target = BootFiles.KernelLink(root, KernelTree.Find(root, release: null).Release);
            yield return new("the tree has no /boot/vmlinuz for the boot loader",
                $"run ln -s {target} ROOT/boot/vmlinuz, or build the image with kboot image build", IsWarning: true);
        }
    }

    private static IEnumerable<TreeFinding> Initrd(string root)
    {
        if (UntrustedTree.TryRead(root, "/boot/initrd", ReadLimit.Initrd) is not { } file)
        {
            KernelTree.Find(root, release: null).ReadGraph();
            InitProgram.Require(root);
            yield return new("the tree has no /boot/initrd for the boot loader",
                "run kboot initrd build --root ROOT --output ROOT/boot/initrd, or build the image with kboot image build", IsWarning: true);
            yield break;
        }

        const string Repack = "run kboot initrd build --root ROOT --output ROOT/boot/initrd";
        var contents = InitrdContents.Parse(file, $"{root}/boot/initrd");
        if (contents.Release is null)
        {
            yield return new("/boot/initrd has no modules.index, so it was not built for kairos-boot", Repack, IsWarning: false);
            yield break;
        }

        if (!UntrustedTree.Has(root, $"/usr/lib/modules/{contents.Release}")
            && !UntrustedTree.Has(root, $"/lib/modules/{contents.Release}"))
        {
            yield return new($"/boot/initrd is for the kernel {contents.Release}, but the tree has no modules for it", Repack,
                IsWarning: false);
        }

        bool Lacks(string driver) => !contents.DriversIn.Concat(contents.DriversBuiltIn).Any(name => name.Replace('-', '_') == driver);
        if (Array.TrueForAll(Disks, Lacks))
            yield return new($"/boot/initrd has no disk driver: none of {string.Join(", ", Disks)}", Repack, IsWarning: false);
    }
}
