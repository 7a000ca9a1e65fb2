using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The tree in an image, mounted read-only and invisible to other processes.</summary>
internal sealed class MountedImage : IDisposable
{
    private readonly FileHandle root;

    private MountedImage(FileHandle root) => this.root = root;

    /// <summary>Valid only in this process.</summary>
    internal string Path => $"/proc/self/fd/{root.Descriptor}";

    /// <param name="image">The file.</param>
    /// <param name="type">Its file system.</param>
    /// <exception cref="OperatorException">The kernel cannot mount it.</exception>
    internal static MountedImage Open(string image, string type)
    {
        using var loop = LoopDevice.Attach(image, readOnly: true);
        try
        {
            return new MountedImage(Syscall.MountDetached(loop.Path, type, "ro"));
        }
        catch (SyscallException failure) when (failure.Errno == Errno.ENODEV)
        {
            throw new OperatorException($"{image} is a {type}, and the running kernel has no driver for it", $"run modprobe {type}, or build the image with another --format");
        }
        catch (SyscallException failure)
        {
            throw new OperatorException($"{image} cannot be mounted: {failure.Message}", "copy the image again; if it was changed while it was mounted, unmount it first");
        }
    }

    public void Dispose() => root.Dispose();
}
