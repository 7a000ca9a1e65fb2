using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>What kboot prints for an exception: the problem and how to fix it, for each kind.</summary>
internal static class FailureText
{
    // Numbers above this are errors of Windows in the library's own numbering.
    private const int MaxErrno = 4095;

    /// <param name="failure">The exception that ended a command.</param>
    internal static OperatorException Of(Exception failure) => failure switch
    {
        OperatorException known => known,
        SyscallException call => new(call.Message, HostFix.Of(call)),
        OutOfMemoryException => new("kboot ran out of memory", HostFix.Of(Errno.ENOMEM, path: null)),
        // The library's calls are used for standard input and output only.
        IOException or UnauthorizedAccessException => new($"input or output failed: {failure.Message}", HostFix.Of(ErrnoOf(failure),
            (failure as FileNotFoundException)?.FileName)),
        InvalidDataException => new(failure.Message, "copy or create the file that is read again"),
        _ => new($"internal error in kboot: {failure.GetType().Name}: {failure.Message}",
            "report this message and the command line as a bug"),
    };

    private static int ErrnoOf(Exception failure) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => Errno.ENOENT,
        PathTooLongException => Errno.ENAMETOOLONG,
        UnauthorizedAccessException => Errno.EACCES,
        _ => failure.HResult is > 0 and <= MaxErrno and var number ? number : 0,
    };
}
