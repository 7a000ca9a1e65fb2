using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Checks a finished image. Each command that takes one uses this check. The kernel mounts the image, so no tool is needed.
/// </summary>
public static class FinishedImage
{
    /// <summary>False for an ordinary user, and in a container without loop devices.</summary>
    internal static bool IsPossible => Syscall.GetEUid() == 0 && Syscall.Access("/dev/loop-control");

    /// <summary>Checks an image. It is mounted read-only, and no other process sees the mount.</summary>
    /// <param name="image">The file.</param>
    /// <param name="moreChecks">Gets the path of the mounted tree.</param>
    /// <returns>Its file system: <c>ext4</c> or <c>squashfs</c>.</returns>
    /// <exception cref="OperatorException">It does not boot; the message says why.</exception>
    public static string Check(string image, Action<string>? moreChecks = null)
    {
        var type = GrubReadable.Check(image);
        RequireWhole(image, type);
        using var mounted = MountedImage.Open(image, type);
        CheckTree(mounted.Path, image);
        moreChecks?.Invoke(mounted.Path);
        return type;
    }

    private static void RequireWhole(string image, string type)
    {
        using var file = Syscall.Open(image, OpenFlags.ReadOnly);
        var (says, size) = (BlockProbe.Superblock(file)!.SizeBytes, Syscall.FStat(file).Size);
        if (says > size)
        {
            throw new OperatorException($"{image} is truncated: the {type} superblock says {says} bytes, but the file has {size}",
                "copy it again and compare its checksum with the publisher's");
        }
    }

    private static void CheckTree(string root, string image)
    {
        try
        {
            TreeLint.RequireBootable(root);
        }
        catch (OperatorException problem)
        {
            throw new OperatorException($"{image} cannot boot: {problem.Problem.Replace(root, "")}", problem.Fix.Replace(root, ""));
        }
    }
}
