using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>An erofs image. mkfs.erofs only takes a directory as it is, so the additions go into a copy of the tree.</summary>
internal static class ErofsImage
{
    internal static void Build(string file, SourceTree tree, IReadOnlyList<TreeAddition> additions, TemporaryDirectory scratch)
    {
        if (tree.Members.Count > 0 && Syscall.GetEUid() != 0)
        {
            throw new OperatorException(
                "an erofs image of a container export needs root: owners and devices are taken from the unpacked files",
                "run kboot as root, or use --format ext4 or squashfs");
        }

        TreeAttributes.Apply(tree);
        var summary = TreeSummary.Of(tree);
        var root = tree.Path;
        if (!tree.Disposable)
        {
            root = scratch.File("erofs");
            Tool.Copy.Run(["-a", "--reflink=auto", tree.Path, root], scratch.Interrupt);
        }

        foreach (var addition in additions)
        {
            Add(root, addition);
        }

        Tool.MakeErofs.Run(["-zlz4hc", $"-T{summary.NewestSeconds}", $"-U{summary.Id}", "--quiet", file, root], scratch.Interrupt);
    }

    private static void Add(string root, TreeAddition addition)
    {
        var path = Path.Combine(root, addition.Path);
        switch (addition)
        {
            case TreeAddition.Directory directory:
                Syscall.MkDir(path, directory.Mode);
                Syscall.ChMod(path, directory.Mode);
                break;
            case TreeAddition.Link link:
                Syscall.Symlink(link.Target, path);
                break;
            case TreeAddition.File file:
                File.Copy(file.Source, path);
                Syscall.ChMod(path, file.Mode);
                break;
        }
    }
}
