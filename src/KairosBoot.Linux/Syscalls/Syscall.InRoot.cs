using Tmds.Linux;

namespace KairosBoot.Linux;

public static unsafe partial class Syscall
{
    /// <summary>
    /// openat2(2) with RESOLVE_IN_ROOT: absolute paths, absolute links and ".." stay below the directory, and links of /proc are not
    /// followed.
    /// </summary>
    /// <param name="root">The directory.</param>
    /// <param name="path">Absolute, as seen from the root.</param>
    /// <param name="followLast">False: open a link at the end of the path itself.</param>
    /// <param name="isSupported">False: the kernel is older than 5.6, or a system call filter forbids the call (ENOSYS, EPERM).</param>
    /// <returns>Opened with <see cref="OpenFlags.Path"/>. Null: nothing is at the path, or its links form a loop.</returns>
    internal static FileHandle? TryOpenInRoot(FileHandle root, string path, bool followLast, out bool isSupported)
    {
        const int Attempts = 64;
        var how = new OpenHow
        {
            Flags = (uint)(LibC.O_PATH | LibC.O_CLOEXEC | (followLast ? 0 : LibC.O_NOFOLLOW)),
            Resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
        };
        isSupported = true;
        fixed (byte* p = Z(path))
        {
            for (var attempt = 0; ; attempt++)
            {
                var fd = (int)(long)LibC.syscall(SYS_openat2, root.Descriptor, p, &how, sizeof(OpenHow));
                if (fd >= 0) return new FileHandle(fd, Below(root, path.TrimStart('/')));
                switch (LibC.errno)
                {
                    case Linux.Errno.ENOENT or Linux.Errno.ENOTDIR or Linux.Errno.ELOOP:
                        return null;
                    case Linux.Errno.ENOSYS or Linux.Errno.EPERM:
                        isSupported = false;
                        return null;
                    // A concurrent rename while ".." was followed: openat2(2) asks to try again.
                    case Linux.Errno.EAGAIN or Linux.Errno.EINTR when attempt < Attempts:
                        continue;
                    default:
                        throw Failed("openat2", Below(root, path.TrimStart('/')));
                }
            }
        }
    }

    private const int SYS_openat2 = 437; // of all architectures

    // linux/openat2.h
    private const ulong RESOLVE_NO_XDEV = 0x01, RESOLVE_NO_MAGICLINKS = 0x02, RESOLVE_NO_SYMLINKS = 0x04,
        RESOLVE_BENEATH = 0x08, RESOLVE_IN_ROOT = 0x10;
}
