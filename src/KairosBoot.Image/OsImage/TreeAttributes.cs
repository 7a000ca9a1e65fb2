using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Extended attributes of the files from which an image is made. The tools write them in the order in which the file system lists them, and
/// that depends on its type and on the history of the file. The same tree must give the same image, so here they are sorted by name.
/// </summary>
internal static class TreeAttributes
{
    private const int MaxInInode = 64; // bytes of one value that have room in an inode of ext4, next to its other fields

    /// <summary>
    /// The sorted attributes of a tree, for mke2fs without its option to copy them. Empty: no file has two attributes or a large one, so
    /// mke2fs may copy them itself, and versions without that option can be used.
    /// </summary>
    /// <param name="files">The files of the tree that have attributes.</param>
    internal static List<(string Path, List<(XattrName Name, byte[] Value)> Attributes)> ToSet(
        List<(string Path, List<(string Name, byte[] Value)> Attributes)> files) =>
        files.TrueForAll(file => file.Attributes.Count == 1 && file.Attributes[0].Value.Length <= MaxInInode) ? []
            : files.ConvertAll(file => (file.Path, Named(file.Path, file.Attributes)));

    /// <summary>Whether a copy is needed to sort the attributes of a tree, which itself is not changed.</summary>
    internal static bool AreSorted(SourceTree tree) =>
        Read(tree.Path).TrueForAll(file => file.Attributes.SequenceEqual(Sorted(file.Attributes)));

    /// <summary>Copies a tree and sorts the attributes of the copy.</summary>
    internal static string SortedCopy(SourceTree tree, string copy, CancellationToken cancellationToken)
    {
        Tool.Copy.Run(new ToolArguments().Options("-a", "--reflink=auto").Path(tree.Path).Path(copy), cancellationToken);
        using var root = new ExtractionDirectory(copy);
        foreach (var (path, attributes) in Read(copy).Where(file => file.Attributes.Count > 1))
        {
            if (path.Length == 0) ExtendedAttributes.Rewrite(root.Root, ".", Sorted(attributes));
            else ExtendedAttributes.Rewrite(root.Parent(path, created: null)!, PathParts.NameOf(path), Sorted(attributes));
        }

        return copy;
    }

    private static List<(string Path, List<(string Name, byte[] Value)> Attributes)> Read(string root)
    {
        var files = new Found(root);
        foreach (var (path, status, _) in TreeSummary.Walk(root, "")) files.Add(path, status);
        return files.Files;
    }

    /// <summary>Collects the files of a tree that have attributes, hard links once.</summary>
    internal sealed class Found(string root)
    {
        private readonly HashSet<string> linked = [];

        internal List<(string Path, List<(string Name, byte[] Value)> Attributes)> Files { get; } = [];

        internal void Add(string path, FileStatus status)
        {
            if (status.HardLink is { } link && !linked.Add(link)) return;
            if (ExtendedAttributes.Read(Path.Combine(root, path)) is { Count: > 0 } attributes) Files.Add((path, attributes));
        }
    }

    private static List<(string Name, byte[] Value)> Sorted(List<(string Name, byte[] Value)> attributes) =>
        [.. attributes.OrderBy(attribute => attribute.Name, StringComparer.Ordinal)];

    private static List<(XattrName Name, byte[] Value)> Named(string path, List<(string Name, byte[] Value)> attributes) =>
        Sorted(attributes).ConvertAll(attribute => (XattrName.Parse(attribute.Name, $"/{path}"), attribute.Value));

    /// <summary>
    /// Sets the attributes of a container export on the unpacked files, from which the tools of some formats take them.
    /// </summary>
    /// <exception cref="OperatorException">The user is not root and cannot set them.</exception>
    internal static void Apply(SourceTree tree)
    {
        if (tree.Members.Count == 0) return;
        using var root = new ExtractionDirectory(tree.Path);
        foreach (var member in tree.Members.Where(member => member.ExtendedAttributes.Count > 0))
        {
            if (Syscall.GetEUid() != 0)
            {
                throw new OperatorException(
                    $"{member.Path} has extended attributes " +
                    $"({string.Join(", ", member.ExtendedAttributes.Select(row => ToolText.Show(row.Name.Text)))}), which only root can " +
                        "set",
                    "run kboot as root, or use --format ext4");
            }

            using var file = root.TryOpen(member.Path) ?? throw new InvalidOperationException($"{member.Path} was not unpacked");
            foreach (var (name, value) in member.ExtendedAttributes)
                Set(file, name.Text, value);
        }
    }

    private static void Set(FileHandle file, string name, byte[] value)
    {
        try
        {
            ExtendedAttributes.Set(file, name, value);
        }
        catch (SyscallException failure) when (failure.Errno == Errno.EOPNOTSUPP)
        {
            throw new OperatorException(
                $"{failure.Message}: the file system of --output does not support them",
                "write to ext4, xfs or btrfs, or use --format ext4");
        }
        catch (SyscallException failure) when (failure.Errno is Errno.EPERM or Errno.EINVAL or Errno.E2BIG or Errno.ERANGE)
        {
            throw new OperatorException($"{failure.Message}: a file of this type cannot have such an attribute",
                "pack the archive without it");
        }
    }
}
