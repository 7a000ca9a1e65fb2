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

    /// <summary>A host name of the calling thread's own, as it is now.</summary>
    public static void UnshareHostName() => Check(LibC.unshare(LibC.CLONE_NEWUTS), "unshare", null);

    /// <summary>Root and working directory of the calling thread's own: chroot then leaves other threads alone.</summary>
    public static void UnshareRoot() => Check(LibC.unshare(LibC.CLONE_FS), "unshare", null);
}
