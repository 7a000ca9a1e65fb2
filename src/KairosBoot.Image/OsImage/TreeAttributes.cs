using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Sets extended attributes of a container export on the unpacked files, from which the tools of some formats take them.</summary>
internal static class TreeAttributes
{
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
    }
}
