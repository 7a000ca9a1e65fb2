using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A tree without what is mounted in it: /proc, /dev, volumes. An image of those would be of this machine, and might have no end.</summary>
internal sealed class OneFileSystem : IDisposable
{
    private readonly FileHandle? clone;

    private OneFileSystem(string path, FileHandle? clone)
    {
        Path = path;
        this.clone = clone;
    }

    /// <summary>Good for the programs that this one starts, too.</summary>
    internal string Path { get; }

    /// <exception cref="OperatorException">Something is mounted in it, and only root can look behind that.</exception>
    internal static OneFileSystem Of(string root)
    {
        var full = System.IO.Path.GetFullPath(root).TrimEnd('/');
        var inside = MountTable.Read().Select(mount => mount.MountPoint).FirstOrDefault(point => point.Length > 1 && point.StartsWith(full + "/", StringComparison.Ordinal));
        if (inside is null) return new OneFileSystem(root, null);
        if (Syscall.GetEUid() != 0)
            throw new OperatorException($"a file system is mounted in {root} ({inside}); an image must not contain it", "unmount it, or run kboot as root");
        var clone = Syscall.CloneTree(full.Length == 0 ? "/" : full);
        // With /. at the end, as a link is not followed where it is the last part.
        return new OneFileSystem($"/proc/{Syscall.GetPid()}/fd/{clone.Descriptor}/.", clone);
    }

    public void Dispose() => clone?.Dispose();
}
