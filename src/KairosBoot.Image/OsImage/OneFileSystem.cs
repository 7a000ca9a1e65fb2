using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// A tree without the file systems mounted in it (/proc, /dev, volumes), which belong to this machine and may be endless.
/// </summary>
internal sealed class OneFileSystem : IDisposable
{
    private readonly FileHandle? clone;

    private OneFileSystem(string path, FileHandle? clone)
    {
        Path = path;
        this.clone = clone;
    }

    /// <summary>Valid also for child processes.</summary>
    internal string Path { get; }

    /// <exception cref="OperatorException">A file system is mounted in it, and only root can reach the tree below that mount.</exception>
    internal static OneFileSystem Of(string root)
    {
        // Without links: some tools would copy a link instead of the directory that it leads to.
        using var directory = Syscall.Open(root, OpenFlags.Path | OpenFlags.Directory);
        var full = Syscall.ReadLink(Syscall.DescriptorPath(directory)).TrimEnd('/');
        var inside = MountTable.Read().Select(mount => mount.MountPoint)
            .FirstOrDefault(point => point.Length > 1 && point.StartsWith(full + "/", StringComparison.Ordinal));
        if (inside is null) return new OneFileSystem(full.Length == 0 ? "/" : full, null);
        if (Syscall.GetEUid() != 0)
        {
            throw new OperatorException($"a file system is mounted in {root} ({inside}); an image must not contain it",
                "unmount it, or run kboot as root");
        }

        var clone = Syscall.CloneTree(full.Length == 0 ? "/" : full);
        // With /. at the end, because a link is not followed as the last component.
        return new OneFileSystem($"/proc/{Syscall.GetPid()}/fd/{clone.Descriptor}/.", clone);
    }

    public void Dispose() => clone?.Dispose();
}
