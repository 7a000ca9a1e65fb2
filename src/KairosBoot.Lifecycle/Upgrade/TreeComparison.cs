using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// Whether an image is one of this tree. Told by every file of both, as nothing else tells for sure: distributions give another build the same
/// version, and reproducible builds give other content the same size and time.
/// </summary>
/// <param name="tree">A container's, or any other that images are made of.</param>
/// <param name="image">What is in the image.</param>
/// <param name="cancellationToken">Ends the reading.</param>
internal sealed class TreeComparison(string tree, string image, CancellationToken cancellationToken)
{
    private const int PieceSize = 1 << 20;

    // Behind mounts of every machine and every container; a link that some container runtimes make, and kboot's copies of GRUB, which a build host has or has not.
    private static readonly HashSet<string> LeftOut = [.. ApiFileSystems.Moved.Select(path => path[1..]), "tmp", "etc/mtab", GrubFiles.Directory];

    private readonly List<string> sameSize = [];
    private readonly HashSet<string> added = [];

    /// <summary>Null: it is. Else the first difference, in words.</summary>
    /// <param name="scratch">For texts on the way.</param>
    internal string? Difference(TemporaryDirectory scratch)
    {
        List<TreeAddition> additions = [];
        SystemUnits.Add(additions, tree, tree, scratch);
        PlanEntryPoint.Add(additions, tree);
        added.UnionWith(additions.Select(addition => addition.Path));
        added.UnionWith(["boot/vmlinuz", "boot/initrd", SystemPaths.ImageArguments[1..]]);
        return InDirectory("") ?? sameSize.Where(path => !SameContent(path)).Select(path => $"/{path} has other content").FirstOrDefault();
    }

    private string? InDirectory(string directory)
    {
        var names = Names(tree, directory).Union(Names(image, directory)).Order(StringComparer.Ordinal);
        return names.Select(name => directory.Length == 0 ? name : $"{directory}/{name}").Where(path => !LeftOut.Contains(path)).Select(At).FirstOrDefault(difference => difference is not null);
    }

    private static IEnumerable<string> Names(string root, string directory) =>
        UntrustedTree.Names(root, directory);

    private string? At(string path)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (wanted, there) = (UntrustedTree.TryStat(tree, path, followLast: false), UntrustedTree.TryStat(image, path, followLast: false));
        if (wanted is null || there is null)
            return OnOneSide(path, wanted ?? there!.Value, inImage: wanted is null);
        if (wanted.Value.Type != there.Value.Type || Owner(wanted.Value) != Owner(there.Value) || !Attributes(tree, path).SequenceEqual(Attributes(image, path)))
            return $"/{path} has another type, owner, mode or attribute";
        if (wanted.Value.Type == FileType.Directory) return InDirectory(path);
        if (wanted.Value.Size != there.Value.Size || wanted.Value.RDevice != there.Value.RDevice
            || wanted.Value.Type == FileType.Symlink && Target(tree, path) != Target(image, path))
        {
            return $"/{path} has other content";
        }

        if (wanted.Value is { Type: FileType.Regular, Size: > 0 }) sameSize.Add(path);
        return null;
    }

    // Empty files and directories are what a container runtime makes to mount on.
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

    // The tree may change meanwhile: a FIFO in the place of a file must not stop the comparison.
    private static FileHandle? Content(string root, string path)
    {
        using var file = UntrustedTree.TryOpen(root, path, followLast: false);
        return file is null || Syscall.FStat(file).Type != FileType.Regular ? null : Syscall.Reopen(file, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
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
