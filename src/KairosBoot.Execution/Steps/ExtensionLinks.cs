using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// Links extension images to the place where systemd looks for them. systemd runs their content as root, so each directory on the way to an
/// image, and the image, must be root's alone. Whether an extension is made for this system is systemd's check.
/// </summary>
internal static class ExtensionLinks
{
    /// <summary>Blocks of disk images; the two sizes that partition tables have.</summary>
    private static readonly ImmutableArray<int> BlockSizes = [512, 4096];

    /// <returns>The images that are not linked, and why; null: none.</returns>
    internal static string? Do(LinkExtensions step)
    {
        var problems = new List<string>();
        using var directory = StepPlace.TryOpenDirectory(step.From);
        if (directory is null) return null;
        using (var listing = Syscall.Reopen(directory, OpenFlags.ReadOnly | OpenFlags.Directory))
        {
            foreach (var name in Syscall.ReadDirectory(listing))
            {
                if (!name.EndsWith(LinkExtensions.Suffix, StringComparison.Ordinal)) continue;
                // One that does not fit must not keep the others from being used.
                try { Link(step, name); }
                catch (OperatorException e) { problems.Add(e.Message); }
                catch (SyscallException e) { problems.Add(e.Message); }
            }
        }

        return problems.Count == 0 ? null : string.Join("; ", problems);
    }

    private static void Link(LinkExtensions step, string name)
    {
        using var entry = StepPlace.File($"{step.From}/{name}", followLast: false);
        RequireRoots(entry);
        using var place = StepPlace.File($"{step.From}/{name}");
        RequireRoots(place);
        using var file = place.Open();
        var path = PathOf(file);
        RequireImage(file, path);
        using var to = StepPlace.MakeDirectories(step.To);
        ReplaceLink(path, to, name);
    }

    /// <summary>Creates a link. A link that has the name is replaced.</summary>
    internal static void ReplaceLink(string target, FileHandle directory, string name)
    {
        if (Syscall.TryStatAt(directory, name) is { Type: FileType.Symlink }) Syscall.UnlinkAt(directory, name);
        Syscall.SymlinkAt(target, directory, name);
    }

    // Without links and "..", as the kernel knows it.
    private static string PathOf(FileHandle file) => Syscall.ReadLink(Syscall.DescriptorPath(file));

    private static void RequireRoots(FilePlace place)
    {
        var isShared = place.IsSharedWithUsers;
        // In a sticky directory on the way, only root can replace what belongs to root.
        for (var path = PathParts.ParentOf(PathOf(place.Directory)); path.Length > 1 && !isShared; path = PathParts.ParentOf(path))
            isShared = Syscall.TryStat(path) is not { } status || (status.Mode & (Octal.O022 | Octal.O1000)) is > 0 and < Octal.O1000;
        if (isShared) throw new OperatorException($"{place.Path} is not used: other users than root can replace it", Fix(place.Path));
    }

    private static void RequireImage(FileHandle file, string path)
    {
        var status = Syscall.FStat(file);
        if (status.Uid != 0 || (status.Mode & Octal.O022) != 0)
            throw new OperatorException($"{path} is not used: other users than root can change it", Fix(path));
        using var image = BoundedFile.Open(file, ReadLimit.Image);
        if (BlockProbe.Superblock(image) is { } found)
        {
            if (found.SizeBytes <= status.Size) return;
            throw new OperatorException($"{path} is truncated: its {found.Type} has {found.SizeBytes.ToString()} bytes, "
                + $"the file has {status.Size.ToString()}",
                "copy it again");
        }

        foreach (var blockSize in BlockSizes)
            if (!BlockProbe.Partitions(image, blockSize, status.Size).IsEmpty) return;
        throw new OperatorException($"{path} has no known file system", "copy it again");
    }

    private static string Fix(string path) => $"chown root:root and chmod go-w {path} and its directories";
}
