using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Stages;

/// <summary>Another tree as the root of this process.</summary>
public static class OtherRoot
{
    /// <summary>
    /// Before: any process, root. After: the calling thread's / is the tree, with this machine's API file systems in it; its mounts and its host
    /// name are its own, so that nothing of that is left behind, and the machine keeps its name.
    /// </summary>
    /// <exception cref="OperatorException">Not a directory, or one that nothing can be mounted in.</exception>
    public static void Enter(string root)
    {
        if (Syscall.TryStat(root)?.Type != FileType.Directory) throw new OperatorException($"{root} is not a directory", "give --root the top directory of an unpacked system");
        Syscall.UnshareMounts();
        Syscall.UnshareHostName();
        Syscall.Mount("none", "/", "", MountFlags.Private | MountFlags.Recursive, "");
        foreach (var mount in ApiFileSystems.Moved)
        {
            try
            {
                // A link would lead out of the tree.
                if (Syscall.TryLStat(root + mount)?.Type == FileType.Symlink) throw new SyscallException("mount", root + mount, Errno.ELOOP);
                if (Syscall.TryStat(root + mount) is null) Syscall.MakeDirectories(root + mount);
                Syscall.Mount(mount, root + mount, "", MountFlags.Bind | MountFlags.Recursive, "");
            }
            catch (SyscallException e) { throw new OperatorException($"{root} cannot be made a root: {e.Message}", $"it needs a directory {mount} that is no link"); }
        }
        Syscall.ChRoot(root);
        Syscall.ChDir("/");
    }
}
