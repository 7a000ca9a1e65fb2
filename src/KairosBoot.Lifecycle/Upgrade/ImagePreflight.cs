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
    internal static string CheckImage(string image, IEnumerable<string> mountPoints) =>
        FinishedImage.Check(image, root =>
        {
            MachineArchitecture.Check(root);
            CheckMountPoints(root, mountPoints, image, _ => false);
        });

    /// <summary>A sentence if an image has an older version than a system; null: it is newer, or its versions cannot be compared.</summary>
    /// <param name="image">An image that is checked.</param>
    /// <param name="host">The system's root; empty: this one.</param>
    internal static string? OlderThan(string image, string host)
    {
        using var mounted = MountedImage.Open(image, GrubReadable.Check(image));
        return TreeOlderThan(mounted.Path, host);
    }

    /// <summary>As <see cref="OlderThan"/>, for a tree.</summary>
    internal static string? TreeOlderThan(string root, string host) => SystemRelease.OlderThan(Release(root), Release(host + "/"));

    private static SystemRelease Release(string root) => SystemRelease.Parse(
        ((string[])["etc/os-release", "usr/lib/os-release"]).Select(path => UntrustedTree.TryRead(root, path, ReadLimit.SystemFile))
            .FirstOrDefault(bytes => bytes is not null) ?? []);

    /// <summary>Checks a tree before an image is built from it.</summary>
    /// <exception cref="OperatorException">It would not boot; the message says why.</exception>
    internal static void CheckTree(string root, IEnumerable<string> mountPoints)
    {
        TreeLint.RequireBuildable(root, kernel: null);
        MachineArchitecture.Check(root);
        // The build adds these.
        CheckMountPoints(root, mountPoints, root, BootFiles.AddsDirectory);
    }

    private static void CheckMountPoints(string root, IEnumerable<string> mountPoints, string name, Predicate<string> isAdded)
    {
        if (mountPoints.FirstOrDefault(path => !UntrustedTree.HasDirectory(root, path) && !isAdded(path)) is { } missing)
        {
            throw new OperatorException($"{name} has no directory {missing}, which is a mount point in this machine's layout",
                $"add the directory when the image is built, or remove {missing} from the layout (in /oem)");
        }
    }
}
