using Tmds.Linux;

namespace KairosBoot.Linux;

public static unsafe partial class Syscall
{
    /// <summary>ftruncate(2): a file that becomes longer gets a hole.</summary>
    public static void SetSize(FileHandle file, long bytes) => Check(LibC.ftruncate(file.Descriptor, bytes), "ftruncate", file.Path);

    /// <summary>renameat2(2) with RENAME_EXCHANGE: both names exist at every instant.</summary>
    public static void Exchange(string one, string other)
    {
        fixed (byte* a = Z(one), b = Z(other))
            Check((int)(long)LibC.syscall(SYS_renameat2, LibC.AT_FDCWD, a, LibC.AT_FDCWD, b, RENAME_EXCHANGE), "exchange " + one, other);
    }

    internal static int SYS_renameat2 => IsX64 ? 316 : 276; // asm/unistd.h, asm-generic/unistd.h
    internal const int RENAME_EXCHANGE = 2;

    /// <summary>
    /// posix_fallocate(3): extends the file to this length and reserves its space, so that writing it cannot fail with ENOSPC.
    /// </summary>
    public static void Allocate(FileHandle file, long bytes)
    {
        int error;
        do error = LibC.posix_fallocate(file.Descriptor, 0, bytes); // it returns its error
        while (error == Linux.Errno.EINTR);
        if (error != 0) throw Failed($"fallocate {bytes.ToString()} bytes", file.Path, error);
    }

    /// <summary>The next range with data at or after an offset; without one, the size of the file.</summary>
    public static (long Start, long End) NextData(FileHandle file, long offset, long size)
    {
        var start = LSeek(file, offset, SEEK_DATA);
        if (start < 0 && LibC.errno == Linux.Errno.ENXIO) return (size, size);
        if (start < 0) throw Failed("lseek", file.Path);
        var end = LSeek(file, start, SEEK_HOLE);
        return end >= 0 ? (start, end) : throw Failed("lseek", file.Path);
    }

    /// <summary>posix_fadvise(2), POSIX_FADV_DONTNEED: the next read comes from the disk. Written pages must be synced before.</summary>
    public static void DropCached(FileHandle file)
    {
        var error = LibC.posix_fadvise(file.Descriptor, 0, 0, POSIX_FADV_DONTNEED);
        if (error != 0) throw Failed("fadvise", file.Path, error);
    }

    internal const int POSIX_FADV_DONTNEED = 4;

    /// <summary>Starts writing the cached pages of the file to the disk, without waiting. sync_file_range(2).</summary>
    public static void StartWriting(FileHandle file) =>
        Check(Native.sync_file_range(file.Descriptor, 0, 0, SYNC_FILE_RANGE_WRITE), "sync_file_range", file.Path);

    internal const uint SYNC_FILE_RANGE_WRITE = 2;
}
