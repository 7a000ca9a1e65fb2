using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// Finds out whether an image was built from a tree, by comparing every file. Nothing less is certain: distributions rebuild a package
/// without
/// changing its version, and reproducible builds give different content the same size and time.
/// </summary>
/// <param name="tree">The tree, such as the root of a container.</param>
/// <param name="image">Mount point of the image.</param>
/// <param name="cancellationToken">Ends the comparison.</param>
internal sealed class TreeComparison(string tree, string image, CancellationToken cancellationToken)
{
    private const int PieceSize = 1 << 20;

    // Mount points of every machine and container; a link that some container runtimes create; and kboot's copies of GRUB, which depend on
    // the build
    // host.
    private static readonly HashSet<string> Ignored =
        [.. ApiFileSystems.Moved.Select(path => path[1..]), "tmp", "etc/mtab", GrubFiles.Directory];

    private readonly List<string> sameSize = [];
    private readonly HashSet<string> added = [];

    /// <returns>The first difference as a sentence; null if there is none.</returns>
    /// <param name="scratch">For temporary files.</param>
    internal string? FindDifference(TemporaryDirectory scratch)
    {
        List<TreeAddition> additions = [];
        SystemUnits.Add(additions, tree, tree, machine: null, scratch);
        PlanEntryPoint.Add(additions, tree);
        added.UnionWith(additions.Select(addition => addition.Path));
        added.UnionWith(["boot/vmlinuz", "boot/initrd", SystemPaths.ImageArguments[1..]]);
        return InDirectory("") ?? sameSize.Where(path => !SameContent(path)).Select(path => $"/{path} has other content").FirstOrDefault();
    }

    private string? InDirectory(string directory)
    {
        var names = Names(tree, directory).Union(Names(image, directory)).Order(StringComparer.Ordinal);
        return names.Select(name => directory.Length == 0 ? name : $"{directory}/{name}").Where(path => !Ignored.Contains(path))
            .Select(ComparePath).FirstOrDefault(difference => difference is not null);
    }

    private static IEnumerable<string> Names(string root, string directory) =>
        UntrustedTree.Names(root, directory);

    private string? ComparePath(string path)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (wanted, there) = (UntrustedTree.TryStat(tree, path, followLast: false), UntrustedTree.TryStat(image, path, followLast: false));
        if (wanted is null || there is null)
            return OnOneSide(path, wanted ?? there!.Value, inImage: wanted is null);
        if (wanted.Value.Type != there.Value.Type || Owner(wanted.Value) != Owner(there.Value)
            || !Attributes(tree, path).SequenceEqual(Attributes(image, path)))
        {
            return $"/{path} has another type, owner, mode or attribute";
        }

        if (wanted.Value.Type == FileType.Directory) return InDirectory(path);
        if (wanted.Value.Size != there.Value.Size || wanted.Value.RDevice != there.Value.RDevice
            || wanted.Value.Type == FileType.Symlink && Target(tree, path) != Target(image, path))
        {
            return $"/{path} has other content";
        }

        if (wanted.Value is { Type: FileType.Regular, Size: > 0 }) sameSize.Add(path);
        return null;
    }

    // Container runtimes create empty files and directories as mount points.
    private string? OnOneSide(string path, FileStatus status, bool inImage) =>
        status.Type == FileType.Directory ? InDirectory(path)
        : status is { Type: FileType.Regular, Size: 0 } || inImage && added.Contains(path) ? null
        : inImage ? $"it has an additional /{path}" : $"it lacks /{path}";

    private static (int, int, int) Owner(FileStatus status) => (status.Uid, status.Gid, status.Type == FileType.Symlink ? 0 : status.Mode);

    private static byte[] Attributes(string root, string path)
    {
        var digest = new Sha256();
        ExtendedAttributes.AddTo(digest, Path.Combine(root, path));
        return digest.Finish();
    }

    private static string? Target(string root, string path)
    {
        using var link = UntrustedTree.TryOpen(root, path, followLast: false);
        return link is null ? null : Syscall.ReadLink(link);
    }

    // The tree may change during the comparison: opening a FIFO must not block.
    private static FileHandle? Content(string root, string path)
    {
        using var file = UntrustedTree.TryOpen(root, path, followLast: false);
        return file is null || Syscall.FStat(file).Type != FileType.Regular ? null
            : Syscall.Reopen(file, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
    }

    private bool SameContent(string path)
    {
        using var one = Content(tree, path);
        using var other = Content(image, path);
        if (one is null || other is null) return false;
        var (left, right) = (new byte[PieceSize], new byte[PieceSize]);
        for (long at = 0; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (read, readThere) = (Syscall.PRead(one, left, at), Syscall.PRead(other, right, at));
            if (!left.AsSpan(0, read).SequenceEqual(right.AsSpan(0, readThere))) return false;
            if (read == 0) return true;
            at += read;
        }
    }
}
