using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>MS_* flags of mount(2), from linux/mount.h.</summary>
[Flags]
public enum MountFlags : uint
{
    None = 0, ReadOnly = 1, NoSuid = 2, NoDev = 4, NoExec = 8, Synchronous = 16, Remount = 32, DirSync = 128, NoAtime = 1024, NoDirAtime = 2048,
    Bind = 4096, Move = 8192, Recursive = 16384, Private = 1 << 18, Slave = 1 << 19, Shared = 1 << 20, RelAtime = 1 << 21, StrictAtime = 1 << 24,
}

public static unsafe partial class Syscall
{
    /// <summary>mount(2). Empty <paramref name="type"/> and <paramref name="data"/> stand for none.</summary>
    public static void Mount(string source, string target, string type, MountFlags flags, string data)
    {
        fixed (byte* s = Z(source), t = Z(target), f = Z(type), d = Z(data))
            if (LibC.mount(s, t, type.Length == 0 ? null : f, (ulong_t)(uint)flags, data.Length == 0 ? null : d) < 0)
                throw new SyscallException($"mount{(type.Length == 0 ? "" : " -t " + type)} {source}", target, LibC.errno);
    }

    /// <summary>
    /// A file system mounted nowhere: fsopen(2), fsmount(2). Nobody but the holder of the handle sees it, and it is gone when the handle is closed.
    /// </summary>
    /// <returns>Its root directory.</returns>
    public static FileHandle MountDetached(string device, string type)
    {
        var operation = $"mount -t {type} {device}";
        using var context = NewDescriptor(SYS_fsopen, operation, type, FSOPEN_CLOEXEC);
        fixed (byte* key = "source\0"u8, value = Z(device))
        {
            Check((int)(long)LibC.syscall(SYS_fsconfig, context.Descriptor, FSCONFIG_SET_STRING, key, value, 0), operation, null);
            Check((int)(long)LibC.syscall(SYS_fsconfig, context.Descriptor, FSCONFIG_CMD_CREATE, null, null, 0), operation, null);
        }
        var mounted = (int)(long)LibC.syscall(SYS_fsmount, context.Descriptor, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
        Check(mounted, operation, null);
        using var mount = new FileHandle(mounted, device);
        fixed (byte* here = ".\0"u8)
        {
            var root = LibC.openat(mount.Descriptor, here, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_CLOEXEC, 0);
            Check(root, operation, null);
            return new FileHandle(root, device);
        }
    }

    private static FileHandle NewDescriptor(int number, string operation, string argument, int flags)
    {
        fixed (byte* a = Z(argument))
        {
            var descriptor = (int)(long)LibC.syscall(number, a, flags);
            Check(descriptor, operation, null);
            return new FileHandle(descriptor, argument);
        }
    }

    // Numbers of newer system calls are the same on all architectures: asm-generic/unistd.h, linux/mount.h.
    internal const int SYS_fsopen = 430, SYS_fsconfig = 431, SYS_fsmount = 432, FSOPEN_CLOEXEC = 1, FSMOUNT_CLOEXEC = 1,
        FSCONFIG_SET_STRING = 1, FSCONFIG_CMD_CREATE = 6, MOUNT_ATTR_NOSUID = 2, MOUNT_ATTR_NODEV = 4, MOUNT_ATTR_NOEXEC = 8;

    public static void Umount(string target, bool lazily = false)
    {
        const int MNT_DETACH = 2, UMOUNT_NOFOLLOW = 8;
        fixed (byte* t = Z(target)) Check(LibC.umount2(t, UMOUNT_NOFOLLOW | (lazily ? MNT_DETACH : 0)), "umount", target);
    }

    public static void ChRoot(string path)
    {
        fixed (byte* p = Z(path)) Check(LibC.chroot(p), "chroot", path);
    }

    public static void ChDir(string path)
    {
        fixed (byte* p = Z(path)) Check(LibC.chdir(p), "chdir", path);
    }

    /// <summary>A mount namespace of the calling thread's own, with its own root and working directory.</summary>
    public static void UnshareMounts() => Check(LibC.unshare(LibC.CLONE_NEWNS | LibC.CLONE_FS), "unshare", null);

    /// <summary>Root and working directory of the calling thread's own: chroot then leaves other threads alone.</summary>
    public static void UnshareRoot() => Check(LibC.unshare(LibC.CLONE_FS), "unshare", null);
}
