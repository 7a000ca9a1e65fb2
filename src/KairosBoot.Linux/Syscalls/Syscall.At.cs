using KairosBoot.Plan;
using Tmds.Linux;

namespace KairosBoot.Linux;

// Calls that name a file by the descriptor of a directory and one name in it. The descriptor may be opened with OpenFlags.Path.
public static unsafe partial class Syscall
{
    /// <summary>openat(2) with close-on-exec. <paramref name="mode"/> is used if the file is created, less the umask.</summary>
    public static FileHandle OpenAt(FileHandle directory, string name, OpenFlags flags, int mode = 0) =>
        TryOpenAt(directory, name, flags, mode) ?? throw Failed("openat", Below(directory, name));

    /// <summary>As <see cref="OpenAt"/>; null: nothing has that name (ENOENT, ENOTDIR).</summary>
    public static FileHandle? TryOpenAt(FileHandle directory, string name, OpenFlags flags, int mode = 0)
    {
        fixed (byte* p = Z(name))
        {
            int fd;
            do fd = LibC.openat(directory.Descriptor, p, flags.Value | LibC.O_CLOEXEC, (ushort)mode);
            while (fd < 0 && LibC.errno == Linux.Errno.EINTR);
            if (fd >= 0) return new FileHandle(fd, Below(directory, name));
            return LibC.errno is Linux.Errno.ENOENT or Linux.Errno.ENOTDIR ? null : throw Failed("openat", Below(directory, name));
        }
    }

    /// <summary>Opens the file of a descriptor again with other flags. It uses /proc, so no name is looked up again.</summary>
    public static FileHandle Reopen(FileHandle file, OpenFlags flags)
    {
        fixed (byte* p = Z(DescriptorPath(file)))
        {
            int fd;
            do fd = LibC.open(p, flags.Value | LibC.O_CLOEXEC, 0);
            while (Interrupted(fd, "open", file.Path));
            return new FileHandle(fd, file.Path);
        }
    }

    /// <summary>
    /// A path that leads to exactly the file of a descriptor, for calls that only accept a path: mount(2), xattr(7). Needs /proc.
    /// </summary>
    public static string DescriptorPath(FileHandle file) => "/proc/self/fd/" + file.Descriptor.ToString();

    /// <summary>statx(2) of the name itself, not following a link. Null: nothing has that name.</summary>
    public static FileStatus? TryStatAt(FileHandle directory, string name)
    {
        statx s;
        fixed (byte* p = Z(name))
        {
            if (LibC.statx(directory.Descriptor, p, LibC.AT_NO_AUTOMOUNT | LibC.AT_SYMLINK_NOFOLLOW, LibC.STATX_BASIC_STATS, &s) < 0)
                return LibC.errno is Linux.Errno.ENOENT or Linux.Errno.ENOTDIR ? null : throw Failed("statx", Below(directory, name));
        }

        return ToStatus(s);
    }

    /// <summary>As <see cref="TryStatAt"/>; ENOENT: nothing has that name.</summary>
    public static FileStatus StatAt(FileHandle directory, string name) =>
        TryStatAt(directory, name) ?? throw Failed("statx", Below(directory, name), Linux.Errno.ENOENT);

    public static void MkDirAt(FileHandle directory, string name, int mode)
    {
        fixed (byte* p = Z(name)) Check(LibC.mkdirat(directory.Descriptor, p, (ushort)mode), "mkdirat", Below(directory, name));
    }

    public static void UnlinkAt(FileHandle directory, string name)
    {
        fixed (byte* p = Z(name)) Check(LibC.unlinkat(directory.Descriptor, p, 0), "unlinkat", Below(directory, name));
    }

    /// <summary>As <see cref="UnlinkAt"/>, for a name that may be missing or a directory: 0 or the error number.</summary>
    internal static int UnlinkAtErrno(FileHandle directory, string name)
    {
        fixed (byte* p = Z(name)) return LibC.unlinkat(directory.Descriptor, p, 0) == 0 ? 0 : LibC.errno;
    }

    public static void RmDirAt(FileHandle directory, string name)
    {
        fixed (byte* p = Z(name)) Check(LibC.unlinkat(directory.Descriptor, p, LibC.AT_REMOVEDIR), "rmdir", Below(directory, name));
    }

    public static void SymlinkAt(string target, FileHandle directory, string name)
    {
        fixed (byte* t = Z(target), p = Z(name))
            if (LibC.symlinkat(t, directory.Descriptor, p) < 0) throw Failed("symlinkat " + target, Below(directory, name));
    }

    /// <summary>linkat(2). If <paramref name="existing"/> is a link, the link itself is linked.</summary>
    public static void LinkAt(FileHandle from, string existing, FileHandle directory, string name)
    {
        fixed (byte* e = Z(existing), p = Z(name))
        {
            if (LibC.linkat(from.Descriptor, e, directory.Descriptor, p, 0) < 0)
                throw Failed("linkat " + Below(from, existing), Below(directory, name));
        }
    }

    public static void RenameAt(FileHandle fromDirectory, string from, FileHandle toDirectory, string to)
    {
        fixed (byte* f = Z(from), t = Z(to))
        {
            if (Native.renameat(fromDirectory.Descriptor, f, toDirectory.Descriptor, t) < 0)
                throw Failed("renameat " + Below(fromDirectory, from), Below(toDirectory, to));
        }
    }

    public static void MkNodAt(FileHandle directory, string name, FileType type, int mode, ulong device)
    {
        fixed (byte* p = Z(name))
            Check(Native.mknodat(directory.Descriptor, p, TypeBits(type) | (uint)mode, device), "mknodat", Below(directory, name));
    }

    /// <summary>Target of the link <paramref name="link"/>, which is opened with <see cref="OpenFlags.Path"/>.</summary>
    [System.Runtime.CompilerServices.SkipLocalsInit]
    public static string ReadLink(FileHandle link)
    {
        Span<byte> buffer = stackalloc byte[4096];
        byte empty = 0;
        fixed (byte* b = buffer)
        {
            var n = (long)LibC.readlinkat(link.Descriptor, &empty, b, (uint)buffer.Length);
            if (n < 0) throw Failed("readlinkat", link.Path);
            return FileName.Decode(buffer[..(int)n]);
        }
    }

    /// <summary>
    /// As <see cref="FChOwn"/>, also for a descriptor opened with <see cref="OpenFlags.Path"/>. For a link, the owner of the link itself.
    /// </summary>
    public static void ChOwn(FileHandle file, int uid, int gid)
    {
        byte empty = 0;
        if (LibC.fchownat(file.Descriptor, &empty, (uint)uid, (uint)gid, LibC.AT_EMPTY_PATH) < 0)
            throw Failed("fchownat " + Owner(uid, gid), file.Path);
    }

    /// <summary>
    /// As <see cref="FChMod"/>, also for a descriptor opened with <see cref="OpenFlags.Path"/>. A link has no mode: EOPNOTSUPP.
    /// </summary>
    public static void ChMod(FileHandle file, int mode)
    {
        // fchmod(2) refuses such a descriptor, and fchmodat2(2) is newer than kernels in use.
        fixed (byte* p = Z(DescriptorPath(file)))
            if (LibC.chmod(p, (ushort)mode) < 0) throw Failed("chmod " + OctalText(mode), file.Path);
    }

    /// <summary>
    /// Sets access and modification time of the file of a descriptor, which may be a link itself: nanoseconds since 1970.
    /// </summary>
    public static void UTimes(FileHandle file, long mtimeNs)
    {
        var times = stackalloc timespec[2];
        SetTimes(times, mtimeNs);
        // Without a path, which the kernel would have to copy. EBADF: the descriptor was opened with OpenFlags.Path.
        if (Native.futimens(file.Descriptor, times) == 0) return;
        byte empty = 0;
        // utimensat(2) accepts AT_EMPTY_PATH since Linux 5.8.
        if (LibC.utimensat(file.Descriptor, &empty, times, LibC.AT_EMPTY_PATH) == 0) return;
        fixed (byte* p = Z(DescriptorPath(file))) Check(LibC.utimensat(LibC.AT_FDCWD, p, times, 0), "utimensat", file.Path);
    }

    /// <summary>As <see cref="UTimes"/>, for a name in a directory. For a link, the times of the link itself.</summary>
    public static void UTimesAt(FileHandle directory, string name, long mtimeNs)
    {
        var times = stackalloc timespec[2];
        SetTimes(times, mtimeNs);
        fixed (byte* p = Z(name))
            Check(LibC.utimensat(directory.Descriptor, p, times, LibC.AT_SYMLINK_NOFOLLOW), "utimensat", Below(directory, name));
    }

    private static string Owner(int uid, int gid) => $"{uid.ToString()}:{gid.ToString()}";

    private static void SetTimes(timespec* times, long mtimeNs)
    {
        // The kernel accepts only nanoseconds from 0 to 999,999,999, also before 1970.
        var seconds = Math.DivRem(mtimeNs, 1_000_000_000, out var nanoseconds);
        if (nanoseconds < 0) (seconds, nanoseconds) = (seconds - 1, nanoseconds + 1_000_000_000);
        times[0].tv_sec = times[1].tv_sec = seconds;
        times[0].tv_nsec = times[1].tv_nsec = (long_t)nanoseconds;
    }

    /// <summary>
    /// Type of the file system that a descriptor is on: f_type of statfs(2), a number of linux/magic.h. 0: a FUSE that does not say.
    /// </summary>
    public static uint FileSystemType(FileHandle file)
    {
        try { return (uint)FStatFs(file).Type; }
        catch (SyscallException e) when (e.Errno == Linux.Errno.ENOSYS) { return 0; }
    }

    /// <summary>
    /// setfsuid(2), setfsgid(2) and setgroups(2) for the calling thread only; glibc's setgroups would change all threads. For a user other
    /// than root the kernel drops the capabilities that override modes and owners of files.
    /// </summary>
    internal static void SetFileUser(int uid, int gid, ReadOnlySpan<int> groups)
    {
        // Back to root: the user first, because only root may set the groups.
        if (uid == 0) LibC.syscall(SYS_setfsuid, 0);
        fixed (int* list = groups) Check((int)(long)LibC.syscall(SYS_setgroups, groups.Length, list), "setgroups", null);
        LibC.syscall(SYS_setfsgid, gid);
        LibC.syscall(SYS_setfsuid, uid);
        // Both calls return the previous id and never an error. An invalid id changes nothing, so the call shows the present id.
        if ((int)(long)LibC.syscall(SYS_setfsuid, -1) != uid) throw Failed("setfsuid " + uid.ToString(), null, Linux.Errno.EPERM);
        if ((int)(long)LibC.syscall(SYS_setfsgid, -1) != gid) throw Failed("setfsgid " + gid.ToString(), null, Linux.Errno.EPERM);
    }

    /// <summary>User and group for file access of the calling thread.</summary>
    internal static (int Uid, int Gid) GetFileUser() =>
        ((int)(long)LibC.syscall(SYS_setfsuid, -1), (int)(long)LibC.syscall(SYS_setfsgid, -1));

    /// <summary>Supplementary groups of the calling thread.</summary>
    internal static int[] GetGroups()
    {
        var count = (int)(long)LibC.syscall(SYS_getgroups, 0, null);
        Check(count, "getgroups", null);
        var groups = new int[count];
        fixed (int* list = groups) count = (int)(long)LibC.syscall(SYS_getgroups, groups.Length, list);
        Check(count, "getgroups", null);
        return groups[..count];
    }

    // asm/unistd.h of x86-64; asm-generic/unistd.h of arm64 and riscv64.
    internal static int SYS_setfsuid => IsX64 ? 122 : 151;
    internal static int SYS_setfsgid => IsX64 ? 123 : 152;
    internal static int SYS_setgroups => IsX64 ? 116 : 159;
    internal static int SYS_getgroups => IsX64 ? 115 : 158;
    internal static int SYS_fstat => IsX64 ? 5 : 80;

    private static bool IsX64 =>
        System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64;

    private static uint TypeBits(FileType type) =>
        type switch
        {
            FileType.CharacterDevice => S_IFCHR,
            FileType.BlockDevice => S_IFBLK,
            FileType.Fifo => S_IFIFO,
            FileType.Socket => S_IFSOCK,
            _ => S_IFREG,
        };

    private static string Below(FileHandle directory, string name) =>
        PathParts.Below(directory.Path, name);
}
