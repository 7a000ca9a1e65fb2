using Tmds.Linux;

namespace KairosBoot.Linux;

public static unsafe partial class Syscall
{
    /// <summary>open(2) with close-on-exec. <paramref name="mode"/> is used if the file is created, less the umask.</summary>
    public static FileHandle Open(string path, OpenFlags flags, int mode = 0)
    {
        fixed (byte* p = Z(path))
        {
            int fd;
            do fd = LibC.open(p, flags.Value | LibC.O_CLOEXEC, (ushort)mode);
            while (Interrupted(fd, "open", path));
            return new FileHandle(fd, path);
        }
    }

    /// <summary>As <see cref="Open"/>; null: nothing is at the path (ENOENT, ENOTDIR).</summary>
    public static FileHandle? TryOpen(string path, OpenFlags flags)
    {
        fixed (byte* p = Z(path))
        {
            int fd;
            do fd = LibC.open(p, flags.Value | LibC.O_CLOEXEC, 0);
            while (fd < 0 && LibC.errno == Linux.Errno.EINTR);
            if (fd < 0 && LibC.errno is Linux.Errno.ENOENT or Linux.Errno.ENOTDIR) return null;
            if (fd < 0) throw Failed("open", path);
            return new FileHandle(fd, path);
        }
    }

    /// <summary>A second descriptor of the same open file: fcntl(2), F_DUPFD_CLOEXEC.</summary>
    public static FileHandle Duplicate(FileHandle file)
    {
        var fd = LibC.fcntl(file.Descriptor, LibC.F_DUPFD_CLOEXEC, 0);
        Check(fd, "fcntl F_DUPFD_CLOEXEC", file.Path);
        return new FileHandle(fd, file.Path);
    }

    /// <summary>
    /// stat(2) of a path in which absolute links start at <paramref name="root"/>: openat2(2) with RESOLVE_IN_ROOT. Null: nothing is at
    /// the path.
    /// </summary>
    public static FileStatus? TryStatInRoot(string root, string path)
    {
        using var file = TryOpenInRoot(root, path, OpenFlags.Path);
        return file is null ? null : FStat(file);
    }

    /// <summary>open(2) with the same resolution.</summary>
    public static FileHandle? TryOpenInRoot(string root, string path, OpenFlags flags)
    {
        using var directory = Open(root, OpenFlags.Path | OpenFlags.Directory);
        return TryOpenAt2(directory, path, flags, RESOLVE_IN_ROOT);
    }

    /// <summary>
    /// Opens a path that must stay below <paramref name="directory"/>, links included: openat2(2) with RESOLVE_BENEATH; a way out is
    /// EXDEV. Null: nothing is at the path.
    /// </summary>
    public static FileHandle? TryOpenBeneath(FileHandle directory, string path, OpenFlags flags)
    {
        return TryOpenAt2(directory, path, flags, RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH);
    }

    private static FileHandle? TryOpenAt2(FileHandle directory, string path, OpenFlags flags, ulong resolve)
    {
        var how = new OpenHow { Flags = (ulong)(flags.Value | LibC.O_CLOEXEC), Resolve = resolve };
        fixed (byte* p = Z(path))
        {
            int fd;
            do fd = (int)(long)LibC.syscall(SYS_openat2, directory.Descriptor, p, &how, sizeof(OpenHow));
            while (fd < 0 && LibC.errno == Linux.Errno.EINTR);
            if (fd >= 0) return new FileHandle(fd, directory.Path + "/" + path.TrimStart('/'));
            return LibC.errno is Linux.Errno.ENOENT or Linux.Errno.ENOTDIR ? null
                : throw Failed("openat2", directory.Path + "/" + path.TrimStart('/'));
        }
    }

    /// <summary>Number of bytes read; 0 at the end of the file.</summary>
    public static int Read(FileHandle file, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            long n;
            do n = LibC.read(file.Descriptor, p, (uint)buffer.Length);
            while (Interrupted(n, "read", file.Path));
            return (int)n;
        }
    }

    /// <summary>Reads from <paramref name="offset"/> until the buffer is full or the file ends; returns the number of bytes.</summary>
    public static int PRead(FileHandle file, Span<byte> buffer, long offset)
    {
        var done = 0;
        fixed (byte* p = buffer)
        {
            while (done < buffer.Length)
            {
                long n = LibC.pread(file.Descriptor, p + done, (uint)(buffer.Length - done), offset + done);
                if (Interrupted(n, "pread", file.Path)) continue;
                if (n == 0) break;
                done += (int)n;
            }
        }
        return done;
    }

    public static void WriteAll(FileHandle file, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes)
        {
            for (var done = 0; done < bytes.Length;)
            {
                long n = LibC.write(file.Descriptor, p + done, (uint)(bytes.Length - done));
                if (!Interrupted(n, "write", file.Path)) done += (int)n;
            }
        }
    }

    /// <summary>pwrite(2) until all bytes are written.</summary>
    public static void PWriteAll(FileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* p = bytes)
        {
            for (var done = 0; done < bytes.Length;)
            {
                long n = LibC.pwrite(file.Descriptor, p + done, (uint)(bytes.Length - done), offset + done);
                if (!Interrupted(n, "pwrite", file.Path)) done += (int)n;
            }
        }
    }

    /// <summary>ioctl(2) with a structure.</summary>
    internal static void IoCtl(FileHandle file, uint request, void* argument, string name) =>
        Check(LibC.ioctl(file.Descriptor, (int)request, argument), "ioctl " + name, file.Path);

    /// <summary>sendfile(2) up to the end of the source. Number of bytes copied.</summary>
    public static long CopyAll(FileHandle from, FileHandle to)
    {
        long copied = 0;
        while (true)
        {
            var n = Native.sendfile(to.Descriptor, from.Descriptor, null, 1 << 22);
            if (Interrupted(n, "sendfile " + from.Path, to.Path)) continue;
            if (n == 0) return copied;
            copied += n;
        }
    }

    /// <summary>Copies a file into an empty one and keeps its holes, if its file system reports them: lseek(2), SEEK_DATA.</summary>
    public static void CopySparse(FileHandle from, FileHandle to)
    {
        var size = FStat(from).Size;
        for (long hole = 0; hole < size;)
        {
            var data = LSeek(from, hole, SEEK_DATA);
            if (data < 0 && LibC.errno == Linux.Errno.ENXIO) break; // only a hole up to the end
            if (data < 0 || (hole = LSeek(from, data, SEEK_HOLE)) < 0) throw Failed("lseek", from.Path);
            if (LSeek(from, data, SEEK_SET) < 0 || LSeek(to, data, SEEK_SET) < 0) throw Failed("lseek", from.Path);
            for (var left = hole - data; left > 0;)
            {
                var n = Native.sendfile(to.Descriptor, from.Descriptor, null, (nuint)Math.Min(left, 1 << 22));
                if (Interrupted(n, "sendfile " + from.Path, to.Path)) continue;
                if (n == 0) throw Failed("sendfile", from.Path, Linux.Errno.EIO); // the file was truncated meanwhile
                left -= n;
            }
        }
        Check(LibC.ftruncate(to.Descriptor, size), "ftruncate", to.Path);
    }

    /// <summary>True: the file system reports a hole before the end of the file. The position is the start afterwards.</summary>
    public static bool HasHoles(FileHandle file)
    {
        var hole = LSeek(file, 0, SEEK_HOLE);
        Rewind(file);
        return hole >= 0 && hole < FStat(file).Size;
    }

    internal const int SEEK_SET = 0, SEEK_DATA = 3, SEEK_HOLE = 4;

    private static long LSeek(FileHandle file, long offset, int whence) => LibC.lseek(file.Descriptor, offset, whence);

    /// <summary>
    /// statfs(2): space available to users other than root. A file system that creates inodes on demand reports 0 inodes: then they are
    /// unlimited.
    /// </summary>
    public static (long Bytes, long Inodes) FreeSpace(FileHandle file)
    {
        var status = FStatFs(file);
        return (status.AvailableBlocks * status.BlockSize, status.Files == 0 ? long.MaxValue : status.FreeFiles);
    }

    /// <summary>statfs(2): bytes of the whole file system, used or free.</summary>
    public static long FileSystemSize(FileHandle file)
    {
        var status = FStatFs(file);
        return status.Blocks * status.BlockSize;
    }

    internal static StatFs FStatFs(FileHandle file)
    {
        StatFs status;
        Check(Native.fstatfs(file.Descriptor, &status), "fstatfs", file.Path);
        return status;
    }

    /// <summary>Truncates a file to 0 bytes and sets its position to the start.</summary>
    public static void Empty(FileHandle file)
    {
        Check(LibC.ftruncate(file.Descriptor, 0), "ftruncate", file.Path);
        LibC.lseek(file.Descriptor, 0, LibC.SEEK_SET);
    }

    public static void FDataSync(FileHandle file) => Check(Native.fdatasync(file.Descriptor), "fdatasync", file.Path);
    public static void FSync(FileHandle file) => Check(LibC.fsync(file.Descriptor), "fsync", file.Path);
    public static void SyncFs(FileHandle file) => Check(LibC.syncfs(file.Descriptor), "syncfs", file.Path);
    public static void FChMod(FileHandle file, int mode) => Check(LibC.fchmod(file.Descriptor, (ushort)mode), "fchmod", file.Path);
    public static void FChOwn(FileHandle file, int uid, int gid) =>
        Check(LibC.fchown(file.Descriptor, (uint)uid, (uint)gid), "fchown", file.Path);

    private static string OctalText(int mode) => Convert.ToString(mode, 8);
}
