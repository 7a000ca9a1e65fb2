using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// An ext4 file system in a file, filled by mke2fs and debugfs, without a loop device, a mount or root. It is only mounted
/// read-only, so it has no journal and no space to grow.
/// </summary>
internal static class Ext4Image
{
    internal const string Label = "COS_ACTIVE";

    private const int BlockSize = 4096, InodeSize = 256;
    private const long MiB = 1 << 20;

    // The features that GRUB 2.06 can read and the kernel uses. Listed here because the defaults in mke2fs.conf differ between hosts.
    // Without checksums, so that timestamps can be changed afterwards to make builds reproducible.
    private const string Features =
        "none,ext_attr,dir_index,filetype,extent,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize";

    internal static void Build(string file, SourceTree tree, IReadOnlyList<TreeAddition> additions, TemporaryDirectory scratch,
        long? sizeBytes, bool allocate)
    {
        var (found, late) = (new TreeAttributes.Found(tree.Path), new List<(string Path, int Epoch)>());
        var summary = TreeSummary.Of(tree, (path, status) =>
        {
            if (!tree.Disposable) found.Add(path, status);
            if (path.Length > 0 && TreeTimes.LateEpoch(status) is { } epoch) late.Add((path, epoch));
        });
        var inodes = summary.Inodes + additions.Count + 64;
        var size = Size(summary.Blocks + additions.Sum(Blocks), inodes, sizeBytes) - ImageSeal.Length;
        var time = summary.NewestSeconds.ToString();
        var attributes = TreeAttributes.ToSet(found.Files);
        var copyNone = attributes.Count > 0 ? ",no_copy_xattrs" : "";
        if (allocate)
        {
            using var reserved = Syscall.Open(file, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, Octal.O644);
            Syscall.Allocate(reserved, size / 1024 * 1024);
        }

        Tool.MakeExt4.Run(
            new ToolArguments()
                .Options("-q", "-F", "-t", "ext4", "-b", $"{BlockSize}", "-I", $"{InodeSize}", "-m", "0", "-N", $"{inodes}", "-L", Label)
                .Options("-U", $"{summary.Id}", "-O", Features)
                .Options("-E", $"hash_seed={summary.Id},lazy_itable_init=0,nodiscard,root_owner=0:0{copyNone}")
                .Option("-d", tree.Path).Path(file).Options($"{size / 1024}k"),
            scratch.Interrupt, ("E2FSPROGS_FAKE_TIME", time), ("SOURCE_DATE_EPOCH", time));
        var script = new DebugFsScript();
        foreach (var addition in additions)
        {
            _ = addition switch
            {
                TreeAddition.Directory directory => script.MakeDirectory(directory.Path, directory.Mode),
                TreeAddition.Link link => script.Link(link.Target, link.Path),
                TreeAddition.File added => script.Write(added.Source, added.Path, added.Mode),
                _ => throw new InvalidOperationException(addition.ToString()),
            };
        }

        foreach (var member in tree.Members)
        {
            if (tree.Lacks(member)) script.MakeNode(member);
            script.Apply(member, scratch);
        }

        foreach (var (path, values) in attributes) script.SetAttributes(path, values, scratch);
        foreach (var (path, epoch) in late) script.SetEpoch(path, epoch);
        script.Run(file, scratch, summary.NewestSeconds);
        Ext4Timestamps.Normalize(file, summary.NewestSeconds);
    }

    // Content, 1 % for extent and directory blocks, the inode table, bitmaps and descriptors of each 128 MiB group, and some
    // reserve: mke2fs fails in the middle if the size is too small.
    private static long Size(long blocks, long inodes, long? wanted)
    {
        var bytes = (blocks + blocks / 100) * BlockSize + inodes * InodeSize;
        var needed = (bytes + bytes / 64 + 8 * MiB + MiB - 1) / MiB * MiB;
        return wanted is null || wanted >= needed ? wanted / MiB * MiB ?? needed : throw new OperatorException(
            $"--size {ByteSize.Text(wanted.Value)} is too small: the content needs {ByteSize.Text(needed)}",
            "give a larger --size, or omit it");
    }

    private static long Blocks(TreeAddition addition) =>
        addition is TreeAddition.File file ? HostFile.Size(file.Source) / BlockSize + 1 : 1;
}
