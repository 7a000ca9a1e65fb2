using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>MS_* flags of mount(2), from linux/mount.h.</summary>
[Flags]
public enum MountFlags : uint
{
    None = 0, ReadOnly = 1, NoSuid = 2, NoDev = 4, NoExec = 8, Synchronous = 16, Remount = 32, DirSync = 128, NoAtime = 1024,
    NoDirAtime = 2048,
    Bind = 4096, Move = 8192, Recursive = 16384, Private = 1 << 18, Slave = 1 << 19, Shared = 1 << 20, RelAtime = 1 << 21,
    StrictAtime = 1 << 24,
}

public static unsafe partial class Syscall
{
    /// <summary>mount(2). An empty <paramref name="type"/> or <paramref name="data"/> means none.</summary>
    public static void Mount(string source, string target, string type, MountFlags flags, string data)
    {
        fixed (byte* s = Z(source), t = Z(target), f = Z(type), d = Z(data))
        {
            if (LibC.mount(s, t, type.Length == 0 ? null : f, (ulong_t)(uint)flags, data.Length == 0 ? null : d) < 0)
                throw Failed($"mount{(type.Length == 0 ? "" : " -t " + type)} {source}", target);
        }
    }

    /// <summary>
    /// Mounts a file system without a mount point: it is accessible only through the handle, and unmounted when the handle is closed.
    /// Devices, programs and set-uid bits in it have no effect. fsopen(2), fsconfig(2), fsmount(2).
    /// </summary>
    /// <param name="source">Block device.</param>
    /// <param name="type">File-system type for mount(2).</param>
    /// <param name="flags">Options without a value for the kernel or the file system: <c>ro</c>.</param>
    /// <returns>Its root directory.</returns>
    public static FileHandle MountDetached(string source, string type, params ReadOnlySpan<string> flags)
    {
        var operation = $"mount -t {type}{(flags.Length == 0 ? "" : " -o " + string.Join(',', flags))}";
        FileHandle Opened(long fd) => fd >= 0 ? new FileHandle((int)fd, source) : throw Failed(operation, source);
        fixed (byte* t = Z(type), s = Z(source), key = "source\0"u8, here = ".\0"u8)
        {
            using var context = Opened((long)LibC.syscall(SYS_fsopen, t, FSOPEN_CLOEXEC));
            Check((int)(long)LibC.syscall(SYS_fsconfig, context.Descriptor, FSCONFIG_SET_STRING, key, s, 0), operation, source);
            var attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
            foreach (var flag in flags)
            {
                fixed (byte* f = Z(flag))
                    Check((int)(long)LibC.syscall(SYS_fsconfig, context.Descriptor, FSCONFIG_SET_FLAG, f, null, 0), operation, source);
                if (flag == "ro") attributes |= MOUNT_ATTR_RDONLY;
            }
            Check((int)(long)LibC.syscall(SYS_fsconfig, context.Descriptor, FSCONFIG_CMD_CREATE, null, null, 0), operation, source);
            using var mount = Opened((long)LibC.syscall(SYS_fsmount, context.Descriptor, FSMOUNT_CLOEXEC, attributes));
            return Opened(LibC.openat(mount.Descriptor, here, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_CLOEXEC, 0));
        }
    }

    /// <summary>A directory without the mounts below it, as long as the handle is open; no other process sees it. open_tree(2).</summary>
    public static FileHandle CloneTree(string path)
    {
        fixed (byte* p = Z(path))
        {
            var fd = (int)(long)LibC.syscall(SYS_open_tree, LibC.AT_FDCWD, p, OPEN_TREE_CLONE | LibC.O_CLOEXEC);
            return fd >= 0 ? new FileHandle(fd, path) : throw Failed("open_tree", path);
        }
    }

    /// <summary>Changes the flags of one mount, not of its file system: mount_setattr(2).</summary>
    /// <param name="mount">Root of a mount.</param>
    /// <param name="set">MOUNT_ATTR_* to set.</param>
    /// <param name="clear">MOUNT_ATTR_* to clear, unless they are in <paramref name="set"/>.</param>
    /// <returns>False: the kernel does not have this call, or a filter refuses it.</returns>
    public static bool TrySetMountAttributes(string mount, ulong set, ulong clear)
    {
        fixed (byte* m = Z(mount)) return TrySetMountAttributes(LibC.AT_FDCWD, m, 0, set, clear, mount);
    }

    /// <inheritdoc cref="TrySetMountAttributes(string, ulong, ulong)"/>
    /// <param name="mount">Root of a mount, opened after it was mounted.</param>
    /// <param name="set">MOUNT_ATTR_* to set.</param>
    /// <param name="clear">As there.</param>
    public static bool TrySetMountAttributes(FileHandle mount, ulong set, ulong clear)
    {
        byte empty = 0;
        return TrySetMountAttributes(mount.Descriptor, &empty, LibC.AT_EMPTY_PATH, set, clear, mount.Path);
    }

    private static bool TrySetMountAttributes(int directory, byte* path, int flags, ulong set, ulong clear, string shown)
    {
        var attributes = new MountAttr { Set = set, Clear = clear };
        if ((int)(long)LibC.syscall(SYS_mount_setattr, directory, path, flags, &attributes, sizeof(MountAttr)) >= 0) return true;
        return LibC.errno is Linux.Errno.ENOSYS or Linux.Errno.EPERM ? false : throw Failed("mount_setattr", shown);
    }

    internal const int SYS_mount_setattr = 442, MOUNT_ATTR__ATIME = 0x70, MOUNT_ATTR_NOATIME = 0x10, MOUNT_ATTR_STRICTATIME = 0x20;

    internal const int SYS_open_tree = 428, OPEN_TREE_CLONE = 1;

    // Numbers of newer system calls are the same on all architectures: asm-generic/unistd.h, linux/mount.h.
    internal const int SYS_fsopen = 430, SYS_fsconfig = 431, SYS_fsmount = 432, FSOPEN_CLOEXEC = 1, FSMOUNT_CLOEXEC = 1,
        FSCONFIG_SET_FLAG = 0,
        FSCONFIG_SET_STRING = 1, FSCONFIG_CMD_CREATE = 6, MOUNT_ATTR_RDONLY = 1, MOUNT_ATTR_NOSUID = 2, MOUNT_ATTR_NODEV = 4,
            MOUNT_ATTR_NOEXEC = 8;

    public static void Umount(string target, bool lazily = false)
    {
        fixed (byte* t = Z(target)) Check(LibC.umount2(t, UMOUNT_NOFOLLOW | (lazily ? MNT_DETACH : 0)), "umount", target);
    }

    private const int MNT_DETACH = 2, UMOUNT_NOFOLLOW = 8; // sys/mount.h

    public static void ChRoot(string path)
    {
        fixed (byte* p = Z(path)) Check(LibC.chroot(p), "chroot", path);
    }

    public static void ChDir(string path)
    {
        fixed (byte* p = Z(path)) Check(LibC.chdir(p), "chdir", path);
    }

    /// <summary>Gives the calling thread its own mount namespace, root and working directory.</summary>
    public static void UnshareMounts() => Check(LibC.unshare(LibC.CLONE_NEWNS | LibC.CLONE_FS), "unshare", null);

    /// <summary>Gives the calling thread its own copy of the host name.</summary>
    public static void UnshareHostName() => Check(LibC.unshare(LibC.CLONE_NEWUTS), "unshare", null);

    /// <summary>Gives the calling thread its own root and working directory: chroot then does not affect other threads.</summary>
    public static void UnshareRoot() => Check(LibC.unshare(LibC.CLONE_FS), "unshare", null);

    /// <summary>Switches the calling thread to the mounts, root and working directory of another process: setns(2).</summary>
    /// <param name="space"><c>/proc/PID/ns/mnt</c>, open.</param>
    public static void EnterMounts(FileHandle space)
    {
        // The kernel refuses a thread that shares its root with other threads.
        UnshareRoot();
        Check(Native.setns(space.Descriptor, LibC.CLONE_NEWNS), "setns", space.Path);
    }
}
