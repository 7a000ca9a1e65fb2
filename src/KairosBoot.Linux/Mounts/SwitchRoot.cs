using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// Makes the new root the root, as switch_root(8) does. The initramfs cannot be unmounted, so its files are deleted, which frees their
/// memory.
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

    /// <summary>
    /// Before: the API file systems are mounted here, and the new root at <paramref name="newRoot"/>. After: they are inside it, and it
    /// is /.
    /// </summary>
    /// <param name="newRoot">A mount point.</param>
    /// <param name="moved">Mounts to move along. A missing mount point in the new root is an error.</param>
    public static SwitchRoot Enter(string newRoot, IEnumerable<string> moved)
    {
        var old = new SwitchRoot(Syscall.Open("/", OpenFlags.ReadOnly | OpenFlags.Directory));
        foreach (var mount in moved) Syscall.Mount(mount, newRoot + mount, "", MountFlags.Move, "");
        Syscall.ChDir(newRoot);
        Syscall.Mount(".", "/", "", MountFlags.Move, "");
        Syscall.ChRoot(".");
        Syscall.ChDir("/");
        // All mounts so far are private. Containers expect that mounts of the host propagate to them: systemd shares /, other inits do
        // not.
        Syscall.Mount("none", "/", "", MountFlags.Shared | MountFlags.Recursive, "");
        return old;
    }

    /// <summary>Deletes the initramfs. Does nothing if the old root is not a file system in memory.</summary>
    /// <param name="kept">Name of a directory in its root that stays.</param>
    public void FreeOldRoot(string kept)
    {
        if (Syscall.FileSystemType(oldRoot) is RAMFS_MAGIC or TMPFS_MAGIC) Empty(oldRoot, kept);
    }

    private void Empty(FileHandle directory, string? kept)
    {
        foreach (var text in Syscall.ReadDirectory("/proc/self/fd/" + directory.Descriptor))
        {
            if (text == kept) continue;
            var name = FileName.Encode(text);
            fixed (byte* n = name)
            {
                // Most names are files.
                if (LibC.unlinkat(directory.Descriptor, n, 0) == 0) continue;
                var fd = LibC.openat(directory.Descriptor, n, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, 0);
                if (fd < 0) continue;
                using var child = new FileHandle(fd, "initramfs");
                if (Syscall.FStat(child).Device != oldDevice) continue;
                Empty(child, kept: null);
                LibC.unlinkat(directory.Descriptor, n, LibC.AT_REMOVEDIR);
            }
        }
    }

    public void Dispose() => oldRoot.Dispose();
}
