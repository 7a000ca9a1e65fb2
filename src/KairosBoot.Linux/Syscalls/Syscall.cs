using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// The system calls that KairosBoot makes, one method each, named as its man page: strings in, handles and records out. Every failure is a
/// <see cref="SyscallException"/>; <c>Try</c> methods return null if the file does not exist. EINTR is retried.
/// </summary>
public static unsafe partial class Syscall
{
    /// <summary>The NUL-terminated bytes of an argument. A NUL inside would silently cut a path short, so it is refused: EINVAL.</summary>
    private static byte[] Z(string text)
    {
        if (text.Contains('\0')) throw Failed("open", text.Replace('\0', '?'), Linux.Errno.EINVAL);
        return FileName.Encode(text);
    }

    /// <summary>The error of the last call.</summary>
    internal static SyscallException Failed(string operation, string? path) => new(operation, path, LibC.errno);

    /// <summary>The error of a call that returned its error, or of a walk that does in steps what the kernel does in one call.</summary>
    internal static SyscallException Failed(string operation, string? path, int errno) => new(operation, path, errno);

    private static void Check(int result, string operation, string? path)
    {
        if (result < 0) throw Failed(operation, path);
    }

    /// <summary>True: try again, the call was interrupted. False: done. Throws on any other error.</summary>
    private static bool Interrupted(long result, string operation, string? path)
    {
        if (result >= 0) return false;
        if (LibC.errno == Linux.Errno.EINTR) return true;
        throw Failed(operation, path);
    }
}
