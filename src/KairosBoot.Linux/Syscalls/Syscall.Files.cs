using Tmds.Linux;

namespace KairosBoot.Linux;

public static unsafe partial class Syscall
{
    /// <summary>open(2), close-on-exec added. <paramref name="mode"/> counts where the file is made, less the umask.</summary>
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

    /// <summary>A file in memory that a program started with exec(2) inherits: memfd_create(2) without close-on-exec. It is at its start.</summary>
    public static FileHandle InheritedFile(string name, ReadOnlySpan<byte> content)
    {
        FileHandle file;
        fixed (byte* p = Z(name))
        {
            var fd = LibC.memfd_create(p, 0);
            if (fd < 0) throw Failed("memfd_create", name);
            file = new FileHandle(fd, name);
        }
        WriteAll(file, content);
        LibC.lseek(file.Descriptor, 0, LibC.SEEK_SET);
        return file;
    }

    /// <summary>As <see cref="Open"/>; null where nothing is at the path (ENOENT, ENOTDIR).</summary>
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

    /// <summary>stat(2) of a path whose absolute links are meant inside <paramref name="root"/>: openat2(2) with RESOLVE_IN_ROOT. Null where
    /// nothing is at the path.</summary>
    public static FileStatus? TryStatInRoot(string root, string path)
    {
        using var file = TryOpenInRoot(root, path, OpenFlags.Path);
        return file is null ? null : FStat(file);
    }

    /// <summary>open(2) in the same sense.</summary>
    public static FileHandle? TryOpenInRoot(string root, string path, OpenFlags flags)
    {
        using var directory = Open(root, OpenFlags.Path | OpenFlags.Directory);
        return TryOpenAt2(directory, path, flags, RESOLVE_IN_ROOT);
    }

    /// <summary>Opens what must lie below <paramref name="directory"/>, links included: openat2(2) with RESOLVE_BENEATH, where a way out is EXDEV.
    /// Null where nothing is at the path.</summary>
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
            return LibC.errno is Linux.Errno.ENOENT or Linux.Errno.ENOTDIR ? null : throw Failed("openat2", directory.Path + "/" + path.TrimStart('/'));
        }
    }

    /// <summary>Bytes read, fewer than asked for at the end of the file; 0 there.</summary>
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

    /// <summary>Fills the buffer from <paramref name="offset"/> as far as the file goes; bytes read.</summary>
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

    /// <summary>pwrite(2) of everything.</summary>
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

    /// <summary>sendfile(2) until the source ends. Bytes copied.</summary>
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

    /// <summary>Copies a file into an empty one and leaves its holes out, where its file system can tell them: lseek(2), SEEK_DATA.</summary>
    public static void CopySparse(FileHandle from, FileHandle to)
    {
        var size = FStat(from).Size;
        for (long hole = 0; hole < size;)
        {
            var data = LSeek(from, hole, SEEK_DATA);
            if (data < 0 && LibC.errno == Linux.Errno.ENXIO) break; // nothing but a hole up to the end
            if (data < 0 || (hole = LSeek(from, data, SEEK_HOLE)) < 0) throw Failed("lseek", from.Path);
            if (LSeek(from, data, SEEK_SET) < 0 || LSeek(to, data, SEEK_SET) < 0) throw Failed("lseek", from.Path);
            for (var left = hole - data; left > 0;)
            {
                var n = Native.sendfile(to.Descriptor, from.Descriptor, null, (nuint)Math.Min(left, 1 << 22));
                if (Interrupted(n, "sendfile " + from.Path, to.Path)) continue;
                if (n == 0) throw new SyscallException("sendfile", from.Path, Linux.Errno.EIO); // shorter than it said
                left -= n;
            }
        }
        Check(LibC.ftruncate(to.Descriptor, size), "ftruncate", to.Path);
    }

    internal const int SEEK_SET = 0, SEEK_DATA = 3, SEEK_HOLE = 4;

    private static long LSeek(FileHandle file, long offset, int whence) => LibC.lseek(file.Descriptor, offset, whence);

    /// <summary>statfs(2): what anybody but root may still use. A file system that makes its inodes as it goes says that it has none at all:
    /// they do not run out.</summary>
    public static (long Bytes, long Inodes) FreeSpace(FileHandle file)
    {
        var status = FStatFs(file);
        return (status.AvailableBlocks * status.BlockSize, status.Files == 0 ? long.MaxValue : status.FreeFiles);
    }

    /// <summary>statfs(2): bytes of the whole file system, free or not.</summary>
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

    /// <summary>Makes a file empty, and goes on at its start.</summary>
    public static void Empty(FileHandle file)
    {
        Check(LibC.ftruncate(file.Descriptor, 0), "ftruncate", file.Path);
        LibC.lseek(file.Descriptor, 0, LibC.SEEK_SET);
    }

    /// <summary>flock(2): waits until nobody else has the file or directory locked. The handle's end is the lock's.</summary>
    public static void Lock(FileHandle file) => Lock(file, LOCK_EX);

    /// <summary>As <see cref="Lock(FileHandle)"/>, beside others who share it.</summary>
    public static void LockShared(FileHandle file) => Lock(file, LOCK_SH);

    private static void Lock(FileHandle file, int operation)
    {
        int result;
        do result = Native.flock(file.Descriptor, operation);
        while (Interrupted(result, "flock", file.Path));
    }

    /// <summary>As <see cref="Lock(FileHandle)"/>; false where somebody else has it locked. A shared lock that the handle had is gone then.</summary>
    public static bool TryLock(FileHandle file)
    {
        int result;
        do result = Native.flock(file.Descriptor, LOCK_EX | LOCK_NB);
        while (result < 0 && LibC.errno == Linux.Errno.EINTR);
        if (result < 0 && LibC.errno != Linux.Errno.EAGAIN) throw Failed("flock", file.Path);
        return result == 0;
    }

    // linux/fcntl.h
    private const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4;

    public static void FDataSync(FileHandle file) => Check(Native.fdatasync(file.Descriptor), "fdatasync", file.Path);
    public static void FSync(FileHandle file) => Check(LibC.fsync(file.Descriptor), "fsync", file.Path);
    public static void SyncFs(FileHandle file) => Check(LibC.syncfs(file.Descriptor), "syncfs", file.Path);
    public static void Sync() => LibC.sync();
    public static void FChMod(FileHandle file, int mode) => Check(LibC.fchmod(file.Descriptor, (ushort)mode), "fchmod", file.Path);
    public static void FChOwn(FileHandle file, int uid, int gid) => Check(LibC.fchown(file.Descriptor, (uint)uid, (uint)gid), "fchown", file.Path);

    private static string OctalText(int mode) => Convert.ToString(mode, 8);
}
