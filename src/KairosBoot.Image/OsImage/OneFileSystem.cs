using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A tree without what is mounted in it: /proc, /dev, volumes. An image of those would be of this machine, and might have no end.</summary>
internal sealed class OneFileSystem : IDisposable
{
    private readonly string? place;

    private OneFileSystem(string path, string? place)
    {
        Path = path;
        this.place = place;
    }

    internal string Path { get; }

    /// <exception cref="OperatorException">Something is mounted in it, and only root can look behind that.</exception>
    internal static OneFileSystem Of(string root, TemporaryDirectory scratch)
    {
        var full = System.IO.Path.GetFullPath(root).TrimEnd('/');
        var inside = MountTable.Read().Select(mount => mount.MountPoint).FirstOrDefault(point => point.StartsWith(full + "/", StringComparison.Ordinal));
        if (inside is null)
        {
            return new OneFileSystem(root, null);
        }

        if (Syscall.GetEUid() != 0)
        {
            throw new OperatorException($"in {root} something is mounted ({inside}), which does not belong in an image", "unmount it, or run kboot as root");
        }

        var place = scratch.File("root");
        Syscall.MkDir(place, 0b111_000_000);
        Syscall.Mount(full.Length == 0 ? "/" : full, place, "", MountFlags.Bind, "");
        Syscall.Mount("none", place, "", MountFlags.Private, "");
        return new OneFileSystem(place, place);
    }

    public void Dispose()
    {
        if (place is not null)
        {
            Syscall.Umount(place, lazily: true);
        }
    }
}
