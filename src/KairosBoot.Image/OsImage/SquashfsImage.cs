using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// A squashfs image, compressed with gzip: GRUB 2.06 reads gzip, lzo and xz but not zstd, and xz makes each page fault slow.
/// </summary>
internal static class SquashfsImage
{
    internal static void Build(string file, SourceTree tree, IReadOnlyList<TreeAddition> additions, TemporaryDirectory scratch)
    {
        TreeAttributes.Apply(tree);
        // A squashfs has the attributes user, trusted and security; without its ACL, a file would have other permissions.
        if (TreeSummary.FindAcl(tree.Path) is { } path)
        {
            throw new OperatorException($"/{path} has a POSIX ACL, which a squashfs cannot store",
                $"use --format ext4, or remove the ACLs: setfacl --remove-all --recursive, on /{path} and all others");
        }

        // mksquashfs starts a shell for each definition. The definitions use fixed file names, so that no path of the host reaches that
        // shell.
        var directory = Absolute(scratch.Directory("content"));
        // The newest time in the tree: it does not change the time of any file, and the additions get it.
        var time = Math.Min(TreeSummary.Of(tree).NewestSeconds, uint.MaxValue);
        var definitions = new SquashfsDefinitions(time > DateTimeOffset.UtcNow.ToUnixTimeSeconds() ? time : null);
        foreach (var addition in additions)
        {
            switch (addition)
            {
                case TreeAddition.Directory added: definitions.MakeDirectory(added.Path, added.Mode); break;
                case TreeAddition.Link link: definitions.MakeLink(link.Path, link.Target); break;
                case TreeAddition.File added:
                    Syscall.Symlink(Absolute(added.Source),
                    Path.Combine(directory, definitions.WriteFile(added.Path, added.Mode))); break;
            }
        }

        // Root unpacks an archive with all modes, owners and nodes.
        if (Syscall.GetEUid() != 0) AddMembers(definitions, tree);
        var pseudo = scratch.File("pseudo");
        HostFile.Write(pseudo, definitions.ToBytes());

        var source = tree.Disposable || TreeAttributes.AreSorted(tree) && TreeTimes.FitSquashfs(tree) ? tree.Path
            : TreeAttributes.SortedCopy(tree, scratch.File("sorted"), scratch.Interrupt);
        if (source != tree.Path || tree.Disposable) TreeTimes.LimitForSquashfs(source);
        var arguments = new ToolArguments().Path(Absolute(source)).Path(Absolute(file))
            .Options("-noappend", "-comp", "gzip", "-Xcompression-level", "6", "-b", "131072", "-quiet", "-no-progress")
                .Option("-pf", Absolute(pseudo));
        if (tree.Disposable) arguments.Options("-root-uid", "0", "-root-gid", "0", "-root-mode", "755");
        Tool.MakeSquashfs.Run(arguments, scratch.Interrupt, input: null, directory, ("SOURCE_DATE_EPOCH", $"{time}"));
    }

    private static void AddMembers(SquashfsDefinitions definitions, SourceTree tree)
    {
        foreach (var member in tree.Members.Where(member => !member.IsDeviceOrFifo || tree.Lacks(member)))
        {
            _ = member.Type switch
            {
                FileType.Fifo => definitions.MakeFifo(member.Path, member.Mode, member.Uid, member.Gid),
                FileType.BlockDevice or FileType.CharacterDevice => definitions.MakeDevice(
                    member.Path, member.Type == FileType.BlockDevice, member.Mode, member.Uid, member.Gid, member.DeviceMajor,
                    member.DeviceMinor),
                _ => definitions.Modify(member.Path, member.Mode, member.Uid, member.Gid),
            };
        }
    }

    // An absolute path is not changed, because a path that ends in /. must keep that.
    private static string Absolute(string path) => Path.IsPathRooted(path) ? path : Path.GetFullPath(path);
}
