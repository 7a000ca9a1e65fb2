using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Uses another tree as the root directory of this thread.</summary>
public static class AlternateRoot
{
    private const int DirectoryMode = Octal.O755;

    /// <summary>
    /// Before: any process of root. After: / of the calling thread is the tree, with the API file systems of this machine. The thread has
    /// private mounts and a private host name, so the machine does not change.
    /// </summary>
    /// <exception cref="OperatorException">Not a directory, or mounting in it failed.</exception>
    public static void Enter(string root)
    {
        Syscall.UnshareMounts();
        Syscall.UnshareHostName();
        Syscall.Mount("none", "/", "", MountFlags.Private | MountFlags.Recursive, "");
        // Opened once, in the private mounts: a later change of the path has no effect.
        using var top = new PathWalker().TryOpen(root);
        if (top is null || Syscall.FStat(top).Type != FileType.Directory)
            throw new OperatorException($"{root} is not a directory", "set --root to the top directory of an unpacked system");
        var tree = Syscall.DescriptorPath(top);
        foreach (var mount in ApiFileSystems.Moved)
        {
            try { Bind(mount, new PathWalker(tree), root); }
            catch (SyscallException e) { throw Unusable(root, mount, e.Message); }
        }
        Syscall.ChRoot(tree);
        Syscall.ChDir("/");
    }

    private static OperatorException Unusable(string root, string mount, string reason) =>
        new($"{root} cannot be used as the root: {reason}", $"create the directory {mount} in it (not a link)");

    private static void Bind(string mount, PathWalker tree, string root)
    {
        // Nothing is mounted on a link. It may lead out of the tree.
        using (var found = tree.TryOpen(mount, followLast: false))
        {
            if (found is not null && Syscall.FStat(found).Type == FileType.Symlink)
                throw Unusable(root, mount, $"{root + mount} is a link");
        }
        using var target = tree.MakeDirectories(mount, new NewDirectories(DirectoryMode));
        Syscall.Mount(mount, Syscall.DescriptorPath(target), "", MountFlags.Bind | MountFlags.Recursive, "");
    }
}
