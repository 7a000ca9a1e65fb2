using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Reads files of an image by path. Root mounts it; an ordinary user, and root without a loop device, use the tools of its file system.
/// The image may be from an untrusted source.
/// </summary>
internal abstract class ImageReader : IDisposable
{
    /// <param name="image">The file.</param>
    /// <param name="scratch">Takes files that tools copy out of the image.</param>
    /// <param name="mayMount">False: no driver of the kernel reads the image.</param>
    /// <exception cref="OperatorException">It is not an image, or this user cannot read it.</exception>
    internal static ImageReader Open(string image, TemporaryDirectory scratch, bool mayMount = true)
    {
        var type = FileSystemOf(image);
        if (mayMount && Syscall.GetEUid() == 0)
        {
            try { return new MountedImageReader(MountedImage.Open(image, type)); }
            catch (Exception e) when (type != "erofs" && e is SyscallException or OperatorException) { } // no loop device or no driver
        }

        return type != "erofs" ? new ToolImageReader(image, type, scratch)
            : throw new OperatorException($"{image} is an erofs image, which must be mounted to be read, and that requires root",
                "run the command as root, and without --no-mount");
    }

    /// <summary>The type to mount it with: <c>ext4</c>, <c>squashfs</c> or <c>erofs</c>.</summary>
    internal static string FileSystemOf(string image)
    {
        using var file = ImageIdentity.Open(image);
        var found = BlockProbe.Superblock(file)?.MountType;
        return found is "ext4" or "squashfs" or "erofs" ? found : throw new OperatorException(
            $"{image} is not an OS image: {(found is null ? "it has no file system" : $"its file system is {found}")}",
            "give an image with ext4, squashfs or erofs; kboot image build makes one");
    }

    /// <summary>True: names in directories can be read, too.</summary>
    internal virtual string? MountedPath => null;

    /// <summary>Follows all links of a path; null: it leads to no file.</summary>
    /// <param name="path">With or without a leading slash.</param>
    /// <returns>Without a leading slash.</returns>
    internal string? Resolve(string path) =>
        RootedPath.Follow(path, inside => Look(inside) is { } file ? (true, file.Target) : (false, null));

    /// <summary>Target of the link at a path; null: no link.</summary>
    internal string? LinkTarget(string path) => Look(path.TrimStart('/'))?.Target;

    /// <summary>Content of the regular file that a path leads to; null: it leads to no file, or to one that is not regular.</summary>
    /// <exception cref="OperatorException">It is larger than the limit.</exception>
    internal byte[]? Read(string path, ReadLimit limit) => Resolve(path) is { } resolved ? ReadResolved(resolved, limit) : null;

    /// <summary>The first bytes of the regular file that a path leads to; null: as for <see cref="Read"/>.</summary>
    internal byte[]? Head(string path, int maxBytes, ReadLimit limit) =>
        Resolve(path) is { } resolved ? HeadOfResolved(resolved, maxBytes, limit) : null;

    /// <summary>Whether there is a file at a path, and its target if it is a link. No part before the last one is a link.</summary>
    protected abstract (bool Found, string? Target)? Look(string path);

    protected abstract byte[]? ReadResolved(string path, ReadLimit limit);

    /// <param name="path">As for <see cref="ReadResolved"/>.</param>
    /// <param name="maxBytes">Number of bytes; a shorter file is returned whole.</param>
    /// <param name="limit">Of the file, for tools that read all of it.</param>
    protected virtual byte[]? HeadOfResolved(string path, int maxBytes, ReadLimit limit) =>
        ReadResolved(path, limit) is { } file ? file[..Math.Min(file.Length, maxBytes)] : null;

    public virtual void Dispose()
    {
    }
}
