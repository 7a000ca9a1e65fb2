using Tmds.Linux;

namespace KairosBoot.Linux;

public static unsafe partial class Syscall
{
    /// <summary>stat(2): follows links. Null: nothing is at the path.</summary>
    public static FileStatus? TryStat(string path) => StatX(path, followLinks: true);

    /// <summary>lstat(2): status of the link itself. Null: nothing is at the path.</summary>
    public static FileStatus? TryLStat(string path) => StatX(path, followLinks: false);

    private static FileStatus? StatX(string path, bool followLinks)
    {
        statx s;
        fixed (byte* p = Z(path))
        {
            // AT_NO_AUTOMOUNT: reading the status must not mount anything.
            var flags = LibC.AT_NO_AUTOMOUNT | (followLinks ? 0 : LibC.AT_SYMLINK_NOFOLLOW);
            if (LibC.statx(LibC.AT_FDCWD, p, flags, LibC.STATX_BASIC_STATS, &s) < 0)
                return LibC.errno is Linux.Errno.ENOENT or Linux.Errno.ENOTDIR ? null : throw Failed("statx", path);
        }
        return ToStatus(s);
    }

    // Not by glibc's function, which passes an empty path: older kernels allocate and clear a page for it, as for each path.
    public static FileStatus FStat(FileHandle file)
    {
        stat s;
        Check((int)(long)LibC.syscall(SYS_fstat, file.Descriptor, &s), "fstat", file.Path);
        var mode = (uint)s.st_mode;
        return new(Type(mode), (int)(mode & 0xFFF), (int)(uint)s.st_uid, (int)(uint)s.st_gid, (long)s.st_size, (long)(ulong)s.st_nlink,
            (ulong)s.st_ino, (ulong)s.st_dev, (ulong)s.st_rdev, (long)s.st_mtim.tv_sec * 1_000_000_000L + (long)s.st_mtim.tv_nsec)
        {
            Allocated = (long)s.st_blocks * 512, CTimeNs = (long)s.st_ctim.tv_sec * 1_000_000_000L + (long)s.st_ctim.tv_nsec,
        };
    }

    private static FileStatus ToStatus(in statx s) => new(
        Type(s.stx_mode), s.stx_mode & 0xFFF, (int)s.stx_uid, (int)s.stx_gid, (long)s.stx_size, s.stx_nlink, s.stx_ino,
        DeviceNumber(s.stx_dev_major, s.stx_dev_minor), DeviceNumber(s.stx_rdev_major, s.stx_rdev_minor),
        s.stx_mtime.tv_sec * 1_000_000_000L + s.stx_mtime.tv_nsec)
    {
        Allocated = (long)s.stx_blocks * 512, CTimeNs = s.stx_ctime.tv_sec * 1_000_000_000L + s.stx_ctime.tv_nsec,
    };

    private static FileType Type(uint mode) => (mode & S_IFMT) switch
    {
        S_IFREG => FileType.Regular,
        S_IFDIR => FileType.Directory,
        S_IFLNK => FileType.Symlink,
        S_IFBLK => FileType.BlockDevice,
        S_IFCHR => FileType.CharacterDevice,
        S_IFIFO => FileType.Fifo,
        S_IFSOCK => FileType.Socket,
        _ => FileType.Unknown,
    };

    // sys/stat.h
    private const ushort S_IFMT = 0xF000, S_IFIFO = 0x1000, S_IFCHR = 0x2000, S_IFDIR = 0x4000, S_IFBLK = 0x6000, S_IFREG = 0x8000,
        S_IFLNK = 0xA000, S_IFSOCK = 0xC000;

    /// <summary>makedev(3).</summary>
    public static ulong DeviceNumber(uint major, uint minor) =>
        ((ulong)(major & 0xFFFFF000) << 32) | ((ulong)(major & 0xFFF) << 8) | ((ulong)(minor & 0xFFFFFF00) << 12) | (minor & 0xFF);

    /// <summary>access(2): for the existence of the file (0), or <see cref="R_OK"/>, <see cref="W_OK"/>, <see cref="X_OK"/>.</summary>
    public static bool Access(string path, int what = 0)
    {
        fixed (byte* p = Z(path)) return LibC.access(p, what) == 0;
    }

    /// <summary>Permissions for <see cref="Access"/>; unistd.h.</summary>
    public const int R_OK = 4, W_OK = 2, X_OK = 1;

    /// <summary>True: the file system at the path is mounted read-only; access(2).</summary>
    public static bool IsReadOnly(string path) => !Access(path, W_OK) && LibC.errno == Linux.Errno.EROFS;

    public static void Unlink(string path)
    {
        fixed (byte* p = Z(path)) Check(LibC.unlink(p), "unlink", path);
    }

    public static void Symlink(string target, string path)
    {
        fixed (byte* t = Z(target), p = Z(path)) Check(LibC.symlink(t, p), "symlink " + target, path);
    }

    public static void Link(string existing, string path)
    {
        fixed (byte* t = Z(existing), p = Z(path)) Check(LibC.link(t, p), "link " + existing, path);
    }

    public static void Rename(string from, string to)
    {
        fixed (byte* f = Z(from), t = Z(to)) Check(Native.rename(f, t), "rename " + from, to);
    }

    [System.Runtime.CompilerServices.SkipLocalsInit]
    public static string ReadLink(string path)
    {
        Span<byte> buffer = stackalloc byte[4096];
        fixed (byte* p = Z(path), b = buffer)
        {
            var n = (long)LibC.readlink(p, b, (uint)buffer.Length);
            if (n < 0) throw Failed("readlink", path);
            return FileName.Decode(buffer[..(int)n]);
        }
    }
}
