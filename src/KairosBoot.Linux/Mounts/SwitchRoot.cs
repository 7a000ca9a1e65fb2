using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// Makes the new root the root, as switch_root(8) does. The initramfs cannot be unmounted, so its files are deleted: that is what gives
/// their memory back.
/// </summary>
public sealed unsafe class SwitchRoot : IDisposable
{
    private const uint RAMFS_MAGIC = 0x858458F6, TMPFS_MAGIC = 0x01021994; // linux/magic.h
    private readonly FileHandle oldRoot;
    private readonly ulong oldDevice;

    private SwitchRoot(FileHandle oldRoot)
    {
        this.oldRoot = oldRoot;
        oldDevice = Syscall.FStat(oldRoot).Device;
    }

    /// <summary>Before: the API file systems are mounted here, the new root at <paramref name="newRoot"/>. After: they are inside it, and it is /.</summary>
    /// <param name="newRoot">A mount point.</param>
    /// <param name="moved">Mounts that go along; a mount point missing in the new root is an error.</param>
    public static SwitchRoot Enter(string newRoot, IEnumerable<string> moved)
    {
        var old = new SwitchRoot(Syscall.Open("/", OpenFlags.ReadOnly | OpenFlags.Directory));
        foreach (var mount in moved) Syscall.Mount(mount, newRoot + mount, "", MountFlags.Move, "");
        Syscall.ChDir(newRoot);
        Syscall.Mount(".", "/", "", MountFlags.Move, "");
        Syscall.ChRoot(".");
        Syscall.ChDir("/");
        // Everything so far was private. Containers expect what the host mounts to reach them: systemd shares /, other inits do not.
        Syscall.Mount("none", "/", "", MountFlags.Shared | MountFlags.Recursive, "");
        return old;
    }

    /// <summary>Deletes the initramfs. Refuses where the old root is anything but a file system in memory.</summary>
    public void FreeOldRoot()
    {
        if (Syscall.FileSystemType(oldRoot) is RAMFS_MAGIC or TMPFS_MAGIC) Empty(oldRoot);
    }

    private void Empty(FileHandle directory)
    {
        foreach (var name in Names(directory))
        {
            fixed (byte* n = name)
            {
                var fd = LibC.openat(directory.Descriptor, n, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, 0);
                if (fd >= 0)
                {
                    using var child = new FileHandle(fd, "initramfs");
                    if (Syscall.FStat(child).Device != oldDevice) continue;
                    Empty(child);
                }
                LibC.unlinkat(directory.Descriptor, n, fd >= 0 ? LibC.AT_REMOVEDIR : 0);
            }
        }
    }

    private static List<byte[]> Names(FileHandle directory)
    {
        var names = new List<byte[]>();
        foreach (var name in Syscall.ReadDirectory("/proc/self/fd/" + directory.Descriptor)) names.Add(FileName.Encode(name));
        return names;
    }

    public void Dispose() => oldRoot.Dispose();
}
