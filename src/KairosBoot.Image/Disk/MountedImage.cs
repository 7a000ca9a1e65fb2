using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>An image, mounted read-only where nobody looks, for as long as this lives. It takes root.</summary>
internal sealed class MountedImage : IDisposable
{
    private MountedImage(string path) => Path = path;

    internal string Path { get; }

    internal static MountedImage Mount(string image, string fileSystem)
    {
        var place = $"/run/kairosboot/image.{Environment.ProcessId}";
        Syscall.MakeDirectories(place);
        using var device = LoopDevice.Attach(image, readOnly: true);
        Syscall.Mount(device.Path, place, fileSystem, MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec, "");
        return new MountedImage(place);
    }

    public void Dispose()
    {
        Syscall.Umount(Path);
        Syscall.RmDir(Path);
    }
}
