using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// How to fix a system call that failed on the build host or on a running node. PID 1 has its own texts, <see cref="TroubleFix"/>: there
/// is no shell.
/// </summary>
public static class HostFix
{
    private const string Links = "check each part of this path and where its links lead: namei -l {0}",
        Rights = "run kboot as a user who may do this, such as root; the owners and modes on this path: namei -l {0}",
        Attributes = "check for an immutable or append-only file (lsattr -d {0}), and for a container or security policy that forbids it",
        Space = "free blocks and inodes, or choose another directory: df -h {0}; df -i {0}",
        Quota = "remove files, or raise the disk quota of this user: quota -s",
        ReadOnly = "choose another directory, or mount this file system writable: findmnt -T {0}",
        InTheWay = "move or remove what is at this path: ls -ld {0}",
        InUse = "stop the program that uses it: fuser -vm {0}",
        Medium = "check the disk and its file system: dmesg | tail; findmnt -T {0}",
        Device = "check that the device is present and has its driver: lsblk; dmesg | tail",
        Driver = "use a file system and a kernel that support this call; the file system: findmnt -T {0}",
        Input = "check that this file is complete and of the expected type: file {0}",
        Large = "use a file system for larger files, and check the limit of this shell: ulimit -f; findmnt -T {0}",
        Memory = "free memory, or run kboot where more is available: free -m; ulimit -a",
        Descriptors = "raise the limit of open files: ulimit -n; sysctl fs.file-max",
        Names = "use shorter or other names on this path, or another file system: {0}",
        OneFileSystem = "use a path in the same file system: findmnt -T {0}",
        Program = "install a version of this program for this machine: file {0}",
        Key = "unlock the encrypted directory, or install the missing key: {0}",
        Again = "run the command again",
        Stream = "give a regular file instead of a pipe or a terminal: ls -ld {0}";

    private static readonly (string Fix, int[] Numbers)[] Rows =
    [
        (Links, [Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP]),
        (Rights, [Errno.EACCES]),
        (Attributes, [Errno.EPERM]),
        (Space, [Errno.ENOSPC]),
        (Quota, [Errno.EDQUOT]),
        (ReadOnly, [Errno.EROFS]),
        (InTheWay, [Errno.EEXIST, Errno.ENOTEMPTY, Errno.EISDIR]),
        (InUse, [Errno.EBUSY, Errno.ETXTBSY]),
        (Medium, [Errno.EIO, Errno.ENODATA, Errno.ETIMEDOUT, Errno.ESTALE, Errno.EBADMSG, Errno.EUCLEAN]),
        (Device, [Errno.ENXIO, Errno.ENODEV, Errno.ENOMEDIUM, Errno.ENOTBLK]),
        (Driver, [Errno.EOPNOTSUPP, Errno.ENOSYS, Errno.ENOTTY]),
        (Input, [Errno.EINVAL, Errno.EOVERFLOW, Errno.ERANGE]),
        (Large, [Errno.EFBIG]),
        (Memory, [Errno.ENOMEM, Errno.ENOBUFS, Errno.EAGAIN]),
        (Descriptors, [Errno.EMFILE, Errno.ENFILE]),
        (Names, [Errno.ENAMETOOLONG, Errno.EILSEQ, Errno.E2BIG, Errno.EMLINK]),
        (OneFileSystem, [Errno.EXDEV]),
        (Program, [Errno.ENOEXEC]),
        (Key, [Errno.ENOKEY, Errno.EKEYREJECTED]),
        (Again, [Errno.EINTR, Errno.ESRCH, Errno.ECHILD, Errno.EBADF]),
        (Stream, [Errno.ESPIPE, Errno.EPIPE]),
    ];

    /// <param name="failure">The call.</param>
    public static string Of(SyscallException failure) => Of(failure.Errno, failure.Path);

    /// <param name="errno">Number from errno(3).</param>
    /// <param name="path">The file that the call was applied to; null: none.</param>
    /// <returns>An imperative without a full stop.</returns>
    public static string Of(int errno, string? path)
    {
        foreach (var (fix, numbers) in Rows)
            if (numbers.Contains(errno)) return fix.Replace("{0}", path is null ? "." : ShellText.Quote(path));
        return "look for the cause in the kernel's messages: dmesg | tail";
    }

    /// <summary>The same for the reason that a tool printed, such as <c>mke2fs: No space left on device</c>; null: it has none.</summary>
    /// <param name="output">The output of the tool.</param>
    /// <param name="path">The file that the tool wrote; null: not known.</param>
    public static string? InOutput(string output, string? path)
    {
        foreach (var (_, numbers) in Rows)
        {
            foreach (var number in numbers)
            {
                var text = Errno.Describe(number);
                if (output.Contains(text[..text.IndexOf(" (", StringComparison.Ordinal)], StringComparison.OrdinalIgnoreCase))
                    return Of(number, path);
            }
        }

        return null;
    }
}
