using Tmds.Linux;

namespace KairosBoot.Linux;

public static unsafe partial class Syscall
{
    /// <summary>Sets O_NONBLOCK for this end of a pipe: fcntl(2).</summary>
    internal static void SetNonBlocking(FileHandle pipe) =>
        Check(LibC.fcntl(pipe.Descriptor, LibC.F_SETFL, LibC.O_NONBLOCK), "fcntl F_SETFL", pipe.Path);

    internal const int F_SETPIPE_SZ = 1031;

    /// <summary>Changes the size of a pipe, if this user may have one of that size.</summary>
    internal static void TrySetPipeSize(FileHandle pipe, int bytes) => Native.fcntl(pipe.Descriptor, F_SETPIPE_SZ, (void*)bytes);

    /// <summary>Clears O_NONBLOCK, with which a pipe was opened so that a missing writer did not block: fcntl(2).</summary>
    public static void SetBlocking(FileHandle pipe) => Check(LibC.fcntl(pipe.Descriptor, LibC.F_SETFL, 0), "fcntl F_SETFL", pipe.Path);

    /// <summary>sendfile(2) to a non-blocking pipe, which gets the pages of the source without a copy.</summary>
    /// <returns>Number of bytes, 0 if the pipe is full; null: the end of the source, or nobody reads the pipe.</returns>
    public static long? TrySend(FileHandle from, long offset, long count, FileHandle pipe)
    {
        while (true)
        {
            var n = Native.sendfile(pipe.Descriptor, from.Descriptor, &offset, (nuint)count);
            if (n > 0) return n;
            if (n == 0 || LibC.errno == Linux.Errno.EPIPE) return null;
            if (LibC.errno == Linux.Errno.EAGAIN) return 0;
            if (LibC.errno != Linux.Errno.EINTR) throw Failed("sendfile " + from.Path, pipe.Path);
        }
    }
}
