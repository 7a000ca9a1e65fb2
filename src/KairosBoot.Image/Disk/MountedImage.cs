using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The tree in an image, mounted read-only where nobody else sees it.</summary>
internal sealed class MountedImage : IDisposable
{
    private readonly FileHandle root;

    private MountedImage(FileHandle root) => this.root = root;

    /// <summary>Good for this program only.</summary>
    internal string Path => $"/proc/self/fd/{root.Descriptor}";

    /// <param name="image">The file.</param>
    /// <param name="type">Its file system.</param>
    /// <exception cref="OperatorException">The kernel does not take it.</exception>
    internal static MountedImage Open(string image, string type)
    {
        using var loop = LoopDevice.Attach(image, readOnly: true);
        try
        {
            return new MountedImage(Syscall.MountDetached(loop.Path, type, "ro"));
        }
        catch (SyscallException failure) when (failure.Errno == Errno.ENODEV)
        {
            throw new OperatorException($"{image} is a {type}, for which the kernel that runs has no driver", $"load its module: modprobe {type}; or build the image with another --format");
        }
        catch (SyscallException failure)
        {
            throw new OperatorException($"{image} cannot be mounted: {failure.Message}", "it is damaged: copy it again; an image that was changed while it was mounted has to be unmounted first");
        }
    }

    public void Dispose() => root.Dispose();
}
