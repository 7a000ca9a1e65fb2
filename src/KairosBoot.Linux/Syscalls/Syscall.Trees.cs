using Tmds.Linux;

namespace KairosBoot.Linux;

// What copies of trees and mounts need: calls with descriptors.
public static unsafe partial class Syscall
{
    /// <summary>Opens a directory for reading. ENOTDIR: the name is a link or another file.</summary>
    public static FileHandle OpenDirectoryAt(FileHandle directory, string name) =>
        OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);

    /// <summary>Target of the link with this name.</summary>
    [System.Runtime.CompilerServices.SkipLocalsInit]
    public static string ReadLinkAt(FileHandle directory, string name)
    {
        Span<byte> buffer = stackalloc byte[4096];
        fixed (byte* p = Z(name), b = buffer)
        {
            var n = (long)LibC.readlinkat(directory.Descriptor, p, b, (uint)buffer.Length);
            if (n < 0) throw Failed("readlinkat", Below(directory, name));
            return FileName.Decode(buffer[..(int)n]);
        }
    }

    /// <summary>Sets the owner of a name, not following a link.</summary>
    public static void ChOwnAt(FileHandle directory, string name, int uid, int gid)
    {
        fixed (byte* p = Z(name))
        {
            if (LibC.fchownat(directory.Descriptor, p, (uint)uid, (uint)gid, LibC.AT_SYMLINK_NOFOLLOW) < 0)
                throw Failed("fchownat " + Owner(uid, gid), Below(directory, name));
        }
    }

    /// <summary>
    /// Opens a path in which no name is a link, the last one included: openat2(2) with RESOLVE_NO_SYMLINKS. Such a path is safe even if
    /// other users own its directories.
    /// </summary>
    /// <param name="path">Absolute.</param>
    /// <param name="flags">As for <see cref="Open"/>.</param>
    /// <param name="unclear">True: the path has a link, or the kernel cannot tell (ENOSYS; EPERM of a sandbox).</param>
    /// <returns>Null if <paramref name="unclear"/>, or if nothing is at the path.</returns>
    public static FileHandle? TryOpenWithoutLinks(string path, OpenFlags flags, out bool unclear)
    {
        var how = new OpenHow { Flags = (ulong)(flags.Value | LibC.O_CLOEXEC), Resolve = RESOLVE_NO_SYMLINKS };
        int fd;
        fixed (byte* p = Z(path))
        {
            do fd = (int)(long)LibC.syscall(SYS_openat2, LibC.AT_FDCWD, p, &how, sizeof(OpenHow));
            while (fd < 0 && LibC.errno == Linux.Errno.EINTR);
        }

        unclear = false;
        if (fd >= 0) return new FileHandle(fd, path);
        if (LibC.errno is Linux.Errno.ENOENT or Linux.Errno.ENOTDIR) return null;
        unclear = LibC.errno is Linux.Errno.ELOOP or Linux.Errno.ENOSYS or Linux.Errno.EPERM ? true : throw Failed("openat2", path);
        return null;
    }

    /// <summary>
    /// As <see cref="Mount(string, string, string, MountFlags, string)"/>, on the directory of a descriptor, over an existing mount
    /// there.
    /// </summary>
    public static void Mount(string source, FileHandle target, string type, MountFlags flags, string data)
    {
        fixed (byte* s = Z(source), t = Z(DescriptorPath(target)), f = Z(type), d = Z(data))
        {
            if (LibC.mount(s, t, type.Length == 0 ? null : f, (ulong_t)(uint)flags, data.Length == 0 ? null : d) < 0)
                throw Failed($"mount{(type.Length == 0 ? "" : " -t " + type)} {source}", target.Path);
        }
    }

    /// <summary>mount --bind of one directory at another, both by descriptor: open_tree(2), move_mount(2).</summary>
    /// <returns>The root of the new mount, for <see cref="Mount(string, FileHandle, string, MountFlags, string)"/> with
    /// <see cref="MountFlags.Remount"/>.</returns>
    public static FileHandle Bind(FileHandle source, FileHandle target)
    {
        byte empty = 0;
        var fd = (int)(long)LibC.syscall(SYS_open_tree, source.Descriptor, &empty, OPEN_TREE_CLONE | LibC.O_CLOEXEC | LibC.AT_EMPTY_PATH);
        if (fd < 0) throw Failed("mount --bind " + source.Path, target.Path);
        var mount = new FileHandle(fd, target.Path);
        const int Flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
        if ((int)(long)LibC.syscall(SYS_move_mount, fd, &empty, target.Descriptor, &empty, Flags) == 0) return mount;
        var failure = Failed("mount --bind " + source.Path, target.Path);
        mount.Dispose();
        throw failure;
    }

    /// <summary>
    /// As <see cref="Bind(FileHandle, FileHandle)"/>, of a directory with one name at a directory with another name. Neither is opened,
    /// and a link is not followed.
    /// </summary>
    /// <param name="from">Directory of the source; may be opened with <see cref="OpenFlags.Path"/>, as the other one.</param>
    /// <param name="source">Its name there.</param>
    /// <param name="to">Directory of the mount point.</param>
    /// <param name="target">Its name there.</param>
    /// <returns>Null: something is missing, is not a directory, or cannot be mounted; nothing was mounted.</returns>
    public static FileHandle? TryBindAt(FileHandle from, string source, FileHandle to, string target)
    {
        byte empty = 0;
        int fd;
        fixed (byte* s = Z(source))
        {
            fd = (int)(long)LibC.syscall(SYS_open_tree, from.Descriptor, s, OPEN_TREE_CLONE | LibC.O_CLOEXEC | LibC.AT_SYMLINK_NOFOLLOW);
            if (fd < 0) return null;
        }

        var mount = new FileHandle(fd, Below(to, target));
        // The kernel mounts a file on a file, and a link on a link.
        if (FStat(mount).Type == FileType.Directory)
        {
            fixed (byte* t = Z(target))
            {
                if ((int)(long)LibC.syscall(SYS_move_mount, fd, &empty, to.Descriptor, t, MOVE_MOUNT_F_EMPTY_PATH) == 0)
                    return mount;
            }
        }
        mount.Dispose();
        return null;
    }

    // asm-generic/unistd.h, linux/mount.h
    internal const int SYS_move_mount = 429, MOVE_MOUNT_F_EMPTY_PATH = 0x04, MOVE_MOUNT_T_EMPTY_PATH = 0x40;

    /// <summary>True: the mount of a descriptor is read-only; statfs(2).</summary>
    public static bool IsReadOnly(FileHandle file) => (FStatFs(file).Flags & ST_RDONLY) != 0;

    private const int ST_RDONLY = 1; // sys/statvfs.h

    /// <summary>Size of the memory in bytes; sysinfo(2).</summary>
    public static long MemoryBytes()
    {
        SysInfo status;
        Check(Native.sysinfo(&status), "sysinfo", null);
        return (long)status.TotalMemory;
    }
}
