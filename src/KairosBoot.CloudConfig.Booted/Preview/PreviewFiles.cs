using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// The files that the stage rootfs would see on another machine: those of the image's tree, those of COS_OEM at /oem, and those that exist
/// only in memory. Links never lead out of the two trees, and nothing is written to them.
/// </summary>
/// <param name="machine">The trees.</param>
internal sealed class PreviewFiles(PreviewMachine machine)
{
    // What a running machine has there is not known.
    private static readonly string[] Unknown = ["/proc", "/sys", "/dev", SystemPaths.State];

    private readonly Dictionary<string, byte[]> written = [];
    private readonly HashSet<string> directories = ["/run"];

    /// <summary>What an entry or the boot itself has written.</summary>
    internal void Write(string path, byte[] content)
    {
        path = InImage(path);
        written[path] = content;
        MakeDirectory(PathParts.ParentOf(path));
    }

    internal void MakeDirectory(string path)
    {
        for (path = InImage(path); path.Length > 1 && directories.Add(path); path = PathParts.ParentOf(path)) { }
    }

    /// <summary>The type and the size of a file; both null: there is none. False: this is not known.</summary>
    internal bool TryFind(string path, bool followLast, out (FileType? Type, long Size) found)
    {
        found = (null, 0);
        if (MountPath.TryNormalise(path) is not { } normal) return false;
        normal = InImage(normal);
        if (written.TryGetValue(normal, out var content)) found = (FileType.Regular, content.Length);
        else if (directories.Contains(normal)) found = (FileType.Directory, 0);
        else if (Array.Exists(Unknown, tree => MountPath.IsInside(normal, tree))) return false;
        else if (!MountPath.IsInside(normal, "/run") && Place(normal) is var (top, inside))
            found = UntrustedTree.TryStat(top, inside, followLast) is { } status ? (status.Type, status.Size) : (null, 0);
        return true;
    }

    /// <summary>Null: there is no such file, or its content is not known.</summary>
    /// <exception cref="OperatorException">It is not a regular file, or it is too large.</exception>
    internal byte[]? Read(string path, ReadLimit limit)
    {
        path = InImage(path);
        if (written.TryGetValue(path, out var content)) return content;
        return Place(path) is var (top, inside) && TryFind(path, followLast: true, out var found) && found.Type is not null
            ? UntrustedTree.TryRead(top, inside, limit) : null;
    }

    /// <summary>As <see cref="Read"/>, as a text; null also for a file that cannot be read.</summary>
    internal string? TryReadText(string path)
    {
        try { return Read(path, ReadLimit.SystemFile) is { } content ? Encoding.UTF8.GetString(content) : null; }
        catch (Exception e) when (e is OperatorException or SyscallException) { return null; }
    }

    /// <summary>The names in a directory of the trees, in byte order.</summary>
    internal IReadOnlyList<string> Names(string directory) =>
        Place(directory) is var (top, inside) ? UntrustedTree.Names(top, inside) : [];

    private (string Top, string Inside)? Place(string path) =>
        !machine.HasOem || !MountPath.IsInside(path, SystemPaths.Oem) ? (machine.Root, path)
        : machine.Oem is { } oem ? (oem, path[SystemPaths.Oem.Length..]) : null;

    // The stage finds the image under both paths.
    private static string InImage(string path) => SystemPaths.InNewRoot(path);
}
