using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Whether a system would boot on this machine. Looked at where it is, by the kernel: no tool is needed.</summary>
internal static class ImagePreflight
{
    /// <summary>An image, mounted read-only where nobody else sees it.</summary>
    /// <param name="image">The file.</param>
    /// <param name="mountPoints">What the machine's layout mounts on the image itself, absolute.</param>
    /// <returns>Its file system: <c>ext4</c> or <c>squashfs</c>.</returns>
    /// <exception cref="OperatorException">It would not, and why.</exception>
    internal static string CheckImage(string image, IEnumerable<string> mountPoints)
    {
        var type = GrubReadable.Check(image);
        using (var file = Syscall.Open(image, OpenFlags.ReadOnly))
        {
            var (says, size) = (BlockProbe.Superblock(file)!.SizeBytes, Syscall.FStat(file).Size);
            if (says > size)
                throw new OperatorException($"{image} is truncated: the {type} superblock says {says} bytes, but the file has {size}", "copy it again and compare its checksum with the publisher's");
        }

        using var mounted = MountedImage.Open(image, type);
        CheckTree(mounted.Path, mountPoints, image, isFinished: true);
        return type;
    }

    /// <summary>The tree that an image is to be made of.</summary>
    /// <exception cref="OperatorException">It would not, and why.</exception>
    internal static void CheckTree(string root, IEnumerable<string> mountPoints) => CheckTree(root, mountPoints, root, isFinished: false);

    private static void CheckTree(string root, IEnumerable<string> mountPoints, string name, bool isFinished)
    {
        // A finished image gets nothing added any more.
        if (TreeLint.Check(root).FirstOrDefault(finding => isFinished || !finding.IsWarning) is { } finding)
            throw new OperatorException($"{name} cannot boot on this machine: {finding.Problem.Replace(root, "")}", finding.Fix.Replace(root, ""));
        MachineArchitecture.Check(root);
        foreach (var path in mountPoints.Where(path => !UntrustedTree.HasDirectory(root, path)))
        {
            if (isFinished || !BootFiles.MountPoints.Any(row => "/" + row.Path == path))
                throw new OperatorException($"{name} has no directory {path}, which is a mount point in this machine's layout", $"add the directory when the image is built, or remove {path} from the layout (in /oem)");
        }
    }
}
