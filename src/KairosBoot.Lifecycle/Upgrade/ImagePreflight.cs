using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Checks that an image or a tree would boot on this machine. The kernel mounts the image, so no tool is needed.</summary>
internal static class ImagePreflight
{
    /// <summary>Checks an image. It is mounted read-only, and no other process sees the mount.</summary>
    /// <param name="image">The file.</param>
    /// <param name="mountPoints">Directories that the machine's layout needs in the image, absolute.</param>
    /// <returns>Its file system: <c>ext4</c> or <c>squashfs</c>.</returns>
    /// <exception cref="OperatorException">It would not boot; the message says why.</exception>
    internal static string CheckImage(string image, IEnumerable<string> mountPoints)
    {
        var type = GrubReadable.Check(image);
        using (var file = Syscall.Open(image, OpenFlags.ReadOnly))
        {
            var (says, size) = (BlockProbe.Superblock(file)!.SizeBytes, Syscall.FStat(file).Size);
            if (says > size)
            {
                throw new OperatorException($"{image} is truncated: the {type} superblock says {says} bytes, but the file has {size}",
                    "copy it again and compare its checksum with the publisher's");
            }
        }

        using var mounted = MountedImage.Open(image, type);
        CheckTree(mounted.Path, mountPoints, image, isFinished: true);
        return type;
    }

    /// <summary>A sentence if an image has an older version than a system; null: it is newer, or its versions cannot be compared.</summary>
    /// <param name="image">An image that is checked.</param>
    /// <param name="host">The system's root; empty: this one.</param>
    internal static string? OlderThan(string image, string host)
    {
        using var mounted = MountedImage.Open(image, GrubReadable.Check(image));
        return SystemRelease.OlderThan(Release(mounted.Path), Release(host + "/"));
    }

    private static SystemRelease Release(string root) => SystemRelease.Parse(
        ((string[])["etc/os-release", "usr/lib/os-release"]).Select(path => UntrustedTree.TryRead(root, path, ReadLimit.SystemFile))
            .FirstOrDefault(bytes => bytes is not null) ?? []);

    /// <summary>Checks a tree before an image is built from it.</summary>
    /// <exception cref="OperatorException">It would not boot; the message says why.</exception>
    internal static void CheckTree(string root, IEnumerable<string> mountPoints) => CheckTree(root, mountPoints, root, isFinished: false);

    private static void CheckTree(string root, IEnumerable<string> mountPoints, string name, bool isFinished)
    {
        // A warning names something that a build adds. Nothing is added to a finished image, so there it is an error.
        if (TreeLint.Check(root).FirstOrDefault(finding => isFinished || !finding.IsWarning) is { } finding)
        {
            throw new OperatorException($"{name} cannot boot on this machine: {finding.Problem.Replace(root, "")}",
                finding.Fix.Replace(root, ""));
        }

        MachineArchitecture.Check(root);
        foreach (var path in mountPoints.Where(path => !UntrustedTree.HasDirectory(root, path)))
        {
            if (isFinished || !BootFiles.MountPoints.Any(row => "/" + row.Path == path))
            {
                throw new OperatorException($"{name} has no directory {path}, which is a mount point in this machine's layout",
                    $"add the directory when the image is built, or remove {path} from the layout (in /oem)");
            }
        }
    }
}
