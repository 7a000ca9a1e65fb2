using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Tells whether a tree would boot as an image, without making one.</summary>
public static class TreeLint
{
    private static readonly string[] Disks = ["virtio_blk", "sd_mod", "nvme", "mmc_block", "xen_blkfront"];

    /// <exception cref="OperatorException">Not a directory.</exception>
    public static IReadOnlyList<TreeFinding> Check(string root)
    {
        if (!Directory.Exists(root))
            throw new OperatorException($"{root} is not a directory", "give --root the top directory of an unpacked system");
        return [.. TreeCheck.Problems(root).Select(Error), .. MountPoints(root), .. Attempt(() => Kernel(root)), .. Attempt(() => Initrd(root))];
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
                yield return new($"there is no directory /{path} to mount on", $"mkdir ROOT/{path}, or leave it to kboot image build", IsWarning: true);
            else if (!UntrustedTree.HasDirectory(root, path))
                yield return new($"/{path} is not a directory: nothing can be mounted on it", $"make ROOT/{path} a directory", IsWarning: false);
        }
    }

    private static IEnumerable<TreeFinding> Kernel(string root)
    {
        if (!UntrustedTree.Has(root, "/boot/vmlinuz"))
        {
            var target = BootFiles.KernelLink(root, KernelTree.Find(root, release: null).Release);
            yield return new("there is no /boot/vmlinuz for the loader", $"ln -s {target} ROOT/boot/vmlinuz, or leave it to kboot image build", IsWarning: true);
        }
    }

    private static IEnumerable<TreeFinding> Initrd(string root)
    {
        if (UntrustedTree.TryRead(root, "/boot/initrd", ReadLimit.Initrd) is not { } file)
        {
            KernelTree.Find(root, release: null).ReadGraph();
            InitProgram.Require(root);
            yield return new("there is no /boot/initrd for the loader", "kboot initrd build --root ROOT --output ROOT/boot/initrd, or leave it to kboot image build", IsWarning: true);
            yield break;
        }

        const string Repack = "kboot initrd build --root ROOT --output ROOT/boot/initrd";
        var contents = InitrdContents.Parse(file, $"{root}/boot/initrd");
        if (contents.Release is null)
        {
            yield return new("/boot/initrd has no modules.index: it is not one of kairos-boot", Repack, IsWarning: false);
            yield break;
        }

        if (!UntrustedTree.Has(root, $"/usr/lib/modules/{contents.Release}") && !UntrustedTree.Has(root, $"/lib/modules/{contents.Release}"))
            yield return new($"/boot/initrd is for the kernel {contents.Release}, whose modules the tree has not", Repack, IsWarning: false);
        bool Lacks(string driver) => !contents.DriversIn.Concat(contents.DriversBuiltIn).Any(name => name.Replace('-', '_') == driver);
        if (Array.TrueForAll(Disks, Lacks))
            yield return new($"/boot/initrd has no driver for a disk: none of {string.Join(", ", Disks)}", Repack, IsWarning: false);
    }
}
