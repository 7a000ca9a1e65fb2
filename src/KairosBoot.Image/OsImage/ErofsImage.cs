using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>An erofs image. mkfs.erofs packs a directory without changes, so the additions go into a copy of the tree.</summary>
internal static class ErofsImage
{
    private const int OwnerOnly = Octal.O600;

    internal static void Build(string file, SourceTree tree, IReadOnlyList<TreeAddition> additions, TemporaryDirectory scratch)
    {
        if (tree.Members.Count > 0 && Syscall.GetEUid() != 0)
        {
            throw new OperatorException(
                "building an erofs image from a container export requires root: owners and devices come from the unpacked files",
                "run kboot as root, or use --format ext4 or --format squashfs");
        }

        TreeAttributes.Apply(tree);
        var summary = TreeSummary.Of(tree);
        var root = tree.Path;
        if (!tree.Disposable)
            root = TreeAttributes.SortedCopy(tree, scratch.File("erofs"), scratch.Interrupt);

        foreach (var addition in additions)
            Add(root, addition, summary.NewestSeconds * 1_000_000_000);
        // The newest time in the tree: it does not change the time of any file. -T would change all times.
        Tool.MakeErofs.Run(new ToolArguments().Options("-zlz4hc", $"-U{summary.Id}", "--quiet").Path(file).Path(root), scratch.Interrupt,
            ("SOURCE_DATE_EPOCH", $"{summary.NewestSeconds}"));
    }

    // Links are followed inside the tree, as on the booted system, and never to a path of this host. A new file gets the newest time in the
    // tree, and its directory keeps its own, so that the time of the build is not in the image.
    private static void Add(string root, TreeAddition addition, long newestNs)
    {
        var (parent, name) = (PathParts.ParentOf(addition.Path), PathParts.NameOf(addition.Path));
        using var directory = UntrustedTree.TryOpen(root, parent) ?? throw new OperatorException(
            $"the tree has no directory /{parent} for /{addition.Path}", "create the directory, or remove the dangling link");
        var directoryNs = Syscall.FStat(directory).MTimeNs;
        AddTo(directory, name, addition);
        Syscall.UTimesAt(directory, name, newestNs);
        Syscall.UTimes(directory, directoryNs);
    }

    private static void AddTo(FileHandle directory, string name, TreeAddition addition)
    {
        switch (addition)
        {
            case TreeAddition.Directory added:
                Syscall.MkDirAt(directory, name, added.Mode);
                using (var made = Syscall.OpenAt(directory, name, OpenFlags.Path | OpenFlags.NoFollow))
                {
                    Syscall.ChMod(made, added.Mode);
                }

                break;
            case TreeAddition.Link link:
                Syscall.SymlinkAt(link.Target, directory, name);
                break;
            case TreeAddition.File added:
                using (var source = Syscall.Open(added.Source, OpenFlags.ReadOnly))
                using (var target = Syscall.OpenAt(directory, name,
                    OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, OwnerOnly))
                {
                    Syscall.CopyAll(source, target);
                    Syscall.FChMod(target, added.Mode);
                }

                break;
        }
    }
}
