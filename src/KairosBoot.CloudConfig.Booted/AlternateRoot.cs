using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Another tree as the root of this process.</summary>
public static class AlternateRoot
{
    private const int DirectoryMode = Octal.O755;

    /// <summary>
    /// Before: any process, root. After: the calling thread's / is the tree, with this machine's API file systems in it; its mounts and its host
    /// name are its own, so that nothing of that is left behind, and the machine keeps its name.
    /// </summary>
    /// <exception cref="OperatorException">Not a directory, or one that nothing can be mounted in.</exception>
    public static void Enter(string root)
    {
        Syscall.UnshareMounts();
        Syscall.UnshareHostName();
        Syscall.Mount("none", "/", "", MountFlags.Private | MountFlags.Recursive, "");
        // Opened once, and in the mounts that are changed: whatever the path leads to later, this is the tree.
        using var top = new PathWalker().TryOpen(root);
        if (top is null || Syscall.FStat(top).Type != FileType.Directory)
            throw new OperatorException($"{root} is not a directory", "give --root the top directory of an unpacked system");
        var tree = Syscall.DescriptorPath(top);
        foreach (var mount in ApiFileSystems.Moved)
        {
            try { Bind(mount, new PathWalker(tree), root); }
            catch (SyscallException e) { throw new OperatorException($"{root} cannot be made a root: {e.Message}", $"it needs a directory {mount} that is no link"); }
        }
        Syscall.ChRoot(tree);
        Syscall.ChDir("/");
    }

    private static void Bind(string mount, PathWalker tree, string root)
    {
        // A link is refused where it leads out of the tree, and is no place for a mount where it does not.
        using (var found = tree.TryOpen(mount, followLast: false))
            if (found is not null && Syscall.FStat(found).Type == FileType.Symlink) throw new SyscallException("mount", root + mount, Errno.ELOOP);
        using var target = tree.MakeDirectories(mount, new NewDirectories(DirectoryMode));
        Syscall.Mount(mount, Syscall.DescriptorPath(target), "", MountFlags.Bind | MountFlags.Recursive, "");
    }
}
