namespace KairosBoot.Linux;

/// <summary>errno(3) numbers as x86-64, arm64 and riscv64 share them (asm-generic/errno-base.h, errno.h).</summary>
public static class Errno
{
    public const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, ENXIO = 6, E2BIG = 7, ENOEXEC = 8, EBADF = 9, ECHILD = 10,
        EAGAIN = 11,
        ENOMEM = 12, EACCES = 13, ENOTBLK = 15, EBUSY = 16, EEXIST = 17, EXDEV = 18, ENODEV = 19, ENOTDIR = 20, EISDIR = 21, EINVAL = 22,
        ENFILE = 23, EMFILE = 24, ENOTTY = 25, ETXTBSY = 26, EFBIG = 27, ENOSPC = 28, ESPIPE = 29, EROFS = 30, EMLINK = 31, EPIPE = 32,
        ERANGE = 34, ENAMETOOLONG = 36, ENOSYS = 38, ENOTEMPTY = 39, ELOOP = 40, ENODATA = 61, EBADMSG = 74, EOVERFLOW = 75,
            EILSEQ = 84, EOPNOTSUPP = 95,
        ENOBUFS = 105, ETIMEDOUT = 110, ESTALE = 116, EUCLEAN = 117, EDQUOT = 122, ENOMEDIUM = 123, ENOKEY = 126, EKEYREJECTED = 129;

    // One row for each; glibc's strerror would add its locale code to the initrd.
    private static readonly (int Number, string Name, string Text)[] Rows =
    [
        (EPERM, "EPERM", "Operation not permitted"), (ENOENT, "ENOENT", "No such file or directory"), (ESRCH, "ESRCH", "No such process"),
        (EINTR, "EINTR", "Interrupted system call"), (EIO, "EIO", "Input/output error"), (ENXIO, "ENXIO", "No such device or address"),
        (E2BIG, "E2BIG", "Argument list too long"), (ENOEXEC, "ENOEXEC", "Exec format error"), (EBADF, "EBADF", "Bad file descriptor"),
            (ECHILD, "ECHILD", "No child processes"),
        (EAGAIN, "EAGAIN", "Resource temporarily unavailable"), (ENOMEM, "ENOMEM", "Cannot allocate memory"),
        (EACCES, "EACCES", "Permission denied"), (ENOTBLK, "ENOTBLK", "Block device required"), (EBUSY, "EBUSY", "Device or resource busy"),
        (EEXIST, "EEXIST", "File exists"), (EXDEV, "EXDEV", "Invalid cross-device link"), (ENODEV, "ENODEV", "No such device"),
        (ENOTDIR, "ENOTDIR", "Not a directory"), (EISDIR, "EISDIR", "Is a directory"), (EINVAL, "EINVAL", "Invalid argument"),
        (ENFILE, "ENFILE", "Too many open files in system"), (EMFILE, "EMFILE", "Too many open files"),
        (ENOTTY, "ENOTTY", "Inappropriate ioctl for device"), (ETXTBSY, "ETXTBSY", "Text file busy"), (EFBIG, "EFBIG", "File too large"),
        (ENOSPC, "ENOSPC", "No space left on device"), (ESPIPE, "ESPIPE", "Illegal seek"), (EROFS, "EROFS", "Read-only file system"),
        (EMLINK, "EMLINK", "Too many links"), (EPIPE, "EPIPE", "Broken pipe"), (ERANGE, "ERANGE", "Numerical result out of range"),
        (ENAMETOOLONG, "ENAMETOOLONG", "File name too long"), (ENOSYS, "ENOSYS", "Function not implemented"),
        (ENOTEMPTY, "ENOTEMPTY", "Directory not empty"), (ELOOP, "ELOOP", "Too many levels of symbolic links"),
        (ENODATA, "ENODATA", "No data available"), (EBADMSG, "EBADMSG", "Bad message"),
        (EOVERFLOW, "EOVERFLOW", "Value too large for defined data type"),
        (EOPNOTSUPP, "EOPNOTSUPP", "Operation not supported"), (ENOBUFS, "ENOBUFS", "No buffer space available"),
        (ETIMEDOUT, "ETIMEDOUT", "Timed out"), (ESTALE, "ESTALE", "Stale file handle"), (EUCLEAN, "EUCLEAN", "Structure needs cleaning"),
        (EDQUOT, "EDQUOT", "Disk quota exceeded"), (EILSEQ, "EILSEQ", "Invalid or incomplete multibyte or wide character"),
        (ENOMEDIUM, "ENOMEDIUM", "No medium found"), (ENOKEY, "ENOKEY", "Required key not available"),
            (EKEYREJECTED, "EKEYREJECTED", "Key was rejected by service"),
    ];

    /// <summary><c>No such file or directory (ENOENT)</c>; <c>error 512</c> for a number without a row.</summary>
    public static string Describe(int number)
    {
        foreach (var row in Rows)
            if (row.Number == number) return $"{row.Text} ({row.Name})";
        return "error " + number.ToString();
    }
}
