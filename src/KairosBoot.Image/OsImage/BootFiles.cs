using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>What a boot needs in the image and the tree has not: a kernel and an initrd under the names GRUB loads, mount points.</summary>
internal static class BootFiles
{
    private const int Ordinary = 0b111_101_101, Private = 0b111_000_000, Shared = 0b1_111_111_111;

    // The root is mounted read-only: nothing can make these later.
    internal static readonly (string Path, int Mode)[] MountPoints =
    [
        ("dev", Ordinary), ("proc", Ordinary), ("sys", Ordinary), ("run", Ordinary), ("tmp", Shared), ("oem", Ordinary),
        ("etc", Ordinary), ("home", Ordinary), ("mnt", Ordinary), ("opt", Ordinary), ("root", Private), ("srv", Ordinary),
        ("usr", Ordinary), ("usr/local", Ordinary), ("var", Ordinary),
    ];

    /// <param name="request">For the initrd.</param>
    /// <param name="root">The tree.</param>
    /// <param name="scratch">For the initrd, if it has to be built.</param>
    /// <exception cref="OperatorException">No kernel in the tree.</exception>
    internal static List<TreeAddition> Missing(ImageRequest request, string root, TemporaryDirectory scratch)
    {
        var additions = new List<TreeAddition>();
        foreach (var (path, mode) in MountPoints.Append(("boot", Ordinary)).Where(row => Syscall.TryLStat(Path.Combine(root, row.Item1)) is null))
        {
            additions.Add(new TreeAddition.Directory(path, mode));
        }

        if (RootedPath.Resolve(root, "/boot/vmlinuz") is null)
        {
            additions.Add(new TreeAddition.Link("boot/vmlinuz", KernelLink(root, KernelTree.Find(root, request.Kernel).Release)));
        }

        if (RootedPath.Resolve(root, "/boot/initrd") is null)
        {
            var init = request.Init ?? InitProgram.Find(root);
            var initrdFile = scratch.File("initrd");
            var initrd = InitrdBuilder.Build(new InitrdRequest(root, request.Kernel, request.Modules, Compress: true, init), scratch.Interrupt);
            File.WriteAllBytes(initrdFile, initrd.Content);
            additions.Add(new TreeAddition.File("boot/initrd", initrdFile));
        }

        additions.AddRange(ImageArguments.Missing(root, scratch));
        return additions;
    }

    // Debian and Fedora keep kernels in /boot, image-based systems beside the modules, Alpine under a flavour's name.
    internal static string KernelLink(string root, string release)
    {
        if (RootedPath.Resolve(root, $"/boot/vmlinuz-{release}") is not null)
        {
            return $"vmlinuz-{release}";
        }

        if (RootedPath.Resolve(root, $"/usr/lib/modules/{release}/vmlinuz") is not null)
        {
            return $"../usr/lib/modules/{release}/vmlinuz";
        }

        var boot = RootedPath.Resolve(root, "/boot");
        var kernels = boot is null ? [] : Directory.GetFiles(boot, "vmlinuz-*");
        return kernels.Length == 1 ? Path.GetFileName(kernels[0]) : throw new OperatorException(
            $"the tree has no kernel image for {release}: neither boot/vmlinuz-{release} nor usr/lib/modules/{release}/vmlinuz",
            "install the distribution's kernel package in the tree, or link boot/vmlinuz to the kernel to start");
    }
}
