using Tmds.Linux;

namespace KairosBoot.Linux;

public static unsafe partial class Syscall
{
    /// <summary>Sets O_NONBLOCK for this end of a pipe or socket: fcntl(2).</summary>
    internal static void SetNonBlocking(FileHandle end) =>
        Check(LibC.fcntl(end.Descriptor, LibC.F_SETFL, LibC.O_NONBLOCK), "fcntl F_SETFL", end.Path);

    /// <summary>
    /// Two connected sockets: socketpair(2). One is the input of a tool and the other feeds it. Unlike a pipe, which wakes its writer for
    /// each page that is read, a socket wakes it when most of its buffer is free.
    /// </summary>
    internal static (FileHandle Reader, FileHandle Writer) SocketPair(string name)
    {
        var ends = stackalloc int[2];
        Check(LibC.socketpair(AF_UNIX, LibC.SOCK_STREAM | LibC.SOCK_CLOEXEC, 0, ends), "socketpair", name);
        return (new FileHandle(ends[0], name), new FileHandle(ends[1], name));
    }

    internal const int AF_UNIX = 1;

    /// <summary>Clears O_NONBLOCK, with which a pipe was opened so that a missing writer did not block: fcntl(2).</summary>
    public static void SetBlocking(FileHandle pipe) => Check(LibC.fcntl(pipe.Descriptor, LibC.F_SETFL, 0), "fcntl F_SETFL", pipe.Path);

    /// <summary>sendfile(2) to a non-blocking socket, which gets the pages of the source without a copy.</summary>
    /// <returns>Number of bytes, 0 if the socket is full; null: the end of the source, or nobody reads the socket.</returns>
    public static long? TrySend(FileHandle from, long offset, long count, FileHandle socket)
    {
        while (true)
        {
            var n = Native.sendfile(socket.Descriptor, from.Descriptor, &offset, (nuint)count);
            if (n > 0) return n;
            if (n == 0 || LibC.errno == Linux.Errno.EPIPE || LibC.errno == LibC.ECONNRESET) return null;
            if (LibC.errno == Linux.Errno.EAGAIN) return 0;
            if (LibC.errno != Linux.Errno.EINTR) throw Failed("sendfile " + from.Path, socket.Path);
        }
    }
}
