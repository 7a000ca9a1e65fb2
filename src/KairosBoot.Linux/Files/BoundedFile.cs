using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Reads whole files that another user can write: only regular files, without waiting for the other end of a pipe, and up to a limit.
/// Files of procfs and sysfs also report the type "regular", but reading some of them never ends, so they are refused.
/// </summary>
public static class BoundedFile
{
    // linux/magic.h: file systems whose files the kernel generates when they are read.
    private const uint PROC_SUPER_MAGIC = 0x9FA0, SYSFS_MAGIC = 0x62656572, DEBUGFS_MAGIC = 0x64626720, TRACEFS_MAGIC = 0x74726163,
        SECURITYFS_MAGIC = 0x73636673, CONFIGFS_MAGIC = 0x62656570;

    /// <summary>Null: nothing is at the path. Links are followed as by the kernel.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">The limit for this kind of file.</param>
    /// <exception cref="OperatorException">It is not a regular file, or it is too large.</exception>
    /// <exception cref="SyscallException">It cannot be read.</exception>
    public static byte[]? TryRead(string path, ReadLimit limit)
    {
        using var file = Syscall.TryOpen(path, OpenFlags.Path);
        return file is null ? null : Read(file, limit);
    }

    /// <summary>
    /// As <see cref="TryRead(string, ReadLimit)"/> for a path that has just been found to be a regular file. It is opened at once: if it is
    /// replaced meanwhile, a link is not followed, a FIFO does not block, and only root could create a device. Null: it is missing, or a
    /// link by now.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">The limit for this kind of file.</param>
    /// <param name="status">Its status before it was read.</param>
    public static byte[]? TryReadFound(string path, ReadLimit limit, out FileStatus status)
    {
        status = default;
        FileHandle? opened = null;
        try
        {
            opened = Syscall.TryOpen(path,
                OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal);
        }
        catch (SyscallException e) when (e.Errno == Errno.ELOOP) { }
        if (opened is null) return null;
        using (opened)
        {
            status = Check(opened, limit);
            return ReadOpened(opened, status.Size);
        }
    }

    /// <summary>As <see cref="TryRead(string, ReadLimit)"/>, as text in UTF-8.</summary>
    public static string? TryReadText(string path, ReadLimit limit) =>
        TryRead(path, limit) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>
    /// As <see cref="TryRead(string, ReadLimit)"/> for a file that the kernel generates, if the caller expects one. Its size is unknown,
    /// so it is read to the end. EAGAIN: reading it would have to wait.
    /// </summary>
    public static byte[]? TryReadGenerated(string path, ReadLimit limit)
    {
        using var file = Syscall.TryOpen(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal);
        if (file is null) return null;
        CheckType(file, Syscall.FStat(file));
        var content = new byte[4096];
        for (var length = 0; ;)
        {
            var n = Syscall.Read(file, content.AsSpan(length));
            if (n == 0) return content[..length];
            length += n;
            if (length > limit.Bytes) throw TooLarge(path, length, limit);
            if (length == content.Length) Array.Resize(ref content, content.Length * 2);
        }
    }

    /// <summary>Reads a file that a walker has opened.</summary>
    /// <param name="file">Opened with <see cref="OpenFlags.Path"/>.</param>
    /// <param name="limit">As above.</param>
    public static byte[] Read(FileHandle file, ReadLimit limit)
    {
        var status = Check(file, limit);
        using var opened = Reopen(file);
        return ReadOpened(opened, status.Size);
    }

    /// <summary>Opens a file for reading after checking that it is a regular file: opening a device can have side effects.</summary>
    /// <param name="file">Opened with <see cref="OpenFlags.Path"/>.</param>
    /// <param name="limit">A larger file is refused.</param>
    public static FileHandle Open(FileHandle file, ReadLimit limit)
    {
        Check(file, limit);
        return Reopen(file);
    }

    private static FileHandle Reopen(FileHandle file) =>
        Syscall.Reopen(file, OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal);

    /// <summary>Refuses a file that is not a regular file on a disk, or is too large.</summary>
    internal static FileStatus Check(FileHandle file, ReadLimit limit)
    {
        var status = Syscall.FStat(file);
        CheckType(file, status);
        if (status.Size > limit.Bytes) throw TooLarge(file.Path, status.Size, limit);
        if (Syscall.FileSystemType(file) is PROC_SUPER_MAGIC or SYSFS_MAGIC or DEBUGFS_MAGIC or TRACEFS_MAGIC or SECURITYFS_MAGIC
            or CONFIGFS_MAGIC)
        {
            throw new OperatorException($"{file.Path} is generated by the kernel, it is not a file on a disk", "put a regular file there");
        }

        return status;
    }

    /// <summary>The content of a file that <see cref="Open"/> has opened. The file may grow meanwhile: at most the limit is read.</summary>
    internal static byte[] ReadOpened(FileHandle file, ReadLimit limit) =>
        ReadOpened(file, Math.Min(Syscall.FStat(file).Size, limit.Bytes));

    private static byte[] ReadOpened(FileHandle file, long size)
    {
        var content = new byte[size];
        var length = Syscall.PRead(file, content, 0);
        return length == content.Length ? content : content[..length];
    }

    private static void CheckType(FileHandle file, FileStatus status)
    {
        if (status.Type != FileType.Regular)
            throw new OperatorException($"{file.Path} is {Describe(status.Type)}, not a file", "remove it, or put a regular file there");
    }

    private static OperatorException TooLarge(string path, long size, ReadLimit limit) =>
        new($"{path} has {size} bytes; {limit.What} may have {limit.Bytes}", "make it smaller, or remove it");

    private static string Describe(FileType type) => type switch
    {
        FileType.Directory => "a directory",
        FileType.Symlink => "a link",
        FileType.Fifo => "a FIFO",
        FileType.Socket => "a socket",
        FileType.BlockDevice or FileType.CharacterDevice => "a device",
        _ => "of an unknown type",
    };
}
