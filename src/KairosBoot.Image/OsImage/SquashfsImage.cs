using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A squashfs image. gzip, as GRUB 2.06 reads gzip, lzo and xz but not zstd, and xz makes every page fault slow.</summary>
internal static class SquashfsImage
{
    internal static void Build(string file, SourceTree tree, IReadOnlyList<TreeAddition> additions, TemporaryDirectory scratch)
    {
        TreeAttributes.Apply(tree);
        // The definitions name files by what they are called here: no path of the host gets into the shell that mksquashfs starts for each.
        var directory = Directory.CreateDirectory(scratch.File("content")).FullName;
        var definitions = new SquashfsDefinitions();
        foreach (var addition in additions)
        {
            switch (addition)
            {
                case TreeAddition.Directory added: definitions.MakeDirectory(added.Path, added.Mode); break;
                case TreeAddition.Link link: definitions.MakeLink(link.Path, link.Target); break;
                case TreeAddition.File added: Syscall.Symlink(Absolute(added.Source), Path.Combine(directory, definitions.WriteFile(added.Path, added.Mode))); break;
            }
        }

        // Root has unpacked the archive with its modes, owners and nodes.
        if (Syscall.GetEUid() != 0) AddMembers(definitions, tree);
        var pseudo = scratch.File("pseudo");
        File.WriteAllBytes(pseudo, definitions.ToBytes());

        // The newest time in the tree: no file's own time is clamped by it, and what is added here gets it.
        var time = TreeSummary.Of(tree).NewestSeconds.ToString();
        var arguments = new ToolArguments().Path(Absolute(tree.Path)).Path(Absolute(file))
            .Options("-noappend", "-comp", "gzip", "-Xcompression-level", "6", "-b", "131072", "-quiet", "-no-progress").Option("-pf", Absolute(pseudo));
        if (tree.Disposable) arguments.Options("-root-uid", "0", "-root-gid", "0", "-root-mode", "755");
        Tool.MakeSquashfs.Run(arguments, scratch.Interrupt, _ => { }, directory, ("SOURCE_DATE_EPOCH", time));
    }

    private static void AddMembers(SquashfsDefinitions definitions, SourceTree tree)
    {
        foreach (var member in tree.Members.Where(member => !member.IsDeviceOrFifo || tree.Lacks(member)))
        {
            _ = member.Type switch
            {
                FileType.Fifo => definitions.MakeFifo(member.Path, member.Mode, member.Uid, member.Gid),
                FileType.BlockDevice or FileType.CharacterDevice => definitions.MakeDevice(
                    member.Path, member.Type == FileType.BlockDevice, member.Mode, member.Uid, member.Gid, member.DeviceMajor, member.DeviceMinor),
                _ => definitions.Modify(member.Path, member.Mode, member.Uid, member.Gid),
            };
        }
    }

    // As it is, where it is absolute: one that ends in /. has to.
    private static string Absolute(string path) => Path.IsPathRooted(path) ? path : Path.GetFullPath(path);
}
