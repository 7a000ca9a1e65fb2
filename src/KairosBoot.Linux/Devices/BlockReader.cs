using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>A disk did not answer a request within <see cref="DiskRequests.AnswerLimit"/>.</summary>
internal sealed class NoAnswerException(string node) : SyscallException("read", node, Linux.Errno.ETIMEDOUT);

/// <summary>
/// Reads a block device and returns also when it never answers. The kernel is asked to read in the background; what it has read is taken
/// from its cache. A plain read would block this process, and no signal would end that.
/// </summary>
internal sealed unsafe class BlockReader(FileHandle node, string disk) : IDisposable
{
    // linux/fs.h and linux/fadvise.h
    private const int RWF_NOWAIT = 8, POSIX_FADV_WILLNEED = 3;

    private const int FirstPauseMicroseconds = 50, LastPauseMicroseconds = 4000, BriefMicroseconds = 1000;
    // Idle this many times in a row, the disk has answered: with an error, which only a plain read returns.
    private const int IdleTimes = 3;

    private long? unanswered;

    /// <summary>The device did not answer. Nothing more can be read from it.</summary>
    public bool IsSilent => unanswered is not null;

    /// <param name="device">A device.</param>
    /// <param name="disk">The kernel's name of the whole disk that contains it.</param>
    public static BlockReader Open(string device, string disk) =>
        new(Syscall.Open(device, OpenFlags.ReadOnly | OpenFlags.NonBlocking), disk);

    public FileHandle Node => node;

    /// <summary>As <see cref="Syscall.PRead"/>.</summary>
    /// <exception cref="NoAnswerException">The disk has not answered any request for two seconds.</exception>
    public int Read(Span<byte> buffer, long offset)
    {
        if (IsSilent) throw TimedOut();
        fixed (byte* p = buffer)
        {
            var done = 0;
            while (done < buffer.Length)
            {
                var read = ReadCached(p + done, buffer.Length - done, offset + done);
                // The kernel cannot read from its cache alone, or only a plain read returns the error.
                if (read < 0) return done + Syscall.PRead(node, buffer[done..], offset + done);
                if (read == 0) break;
                done += read;
            }
            return done;
        }
    }

    /// <summary>Bytes that the kernel has read, when it has read them; negative: it says only in a plain read what is wrong.</summary>
    private int ReadCached(byte* buffer, int length, long offset)
    {
        var piece = new iovec { iov_base = buffer, iov_len = (uint)length };
        var read = (int)Native.preadv2(node.Descriptor, &piece, 1, offset, RWF_NOWAIT);
        if (read >= 0) return read;
        if (Native.posix_fadvise(node.Descriptor, offset, length, POSIX_FADV_WILLNEED) != 0) return -1;
        long answered = -1, waited = 0, heard = 0;
        for (int pause = FirstPauseMicroseconds, idle = 0; ; pause = Math.Min(pause * 2, LastPauseMicroseconds))
        {
            read = (int)Native.preadv2(node.Descriptor, &piece, 1, offset, RWF_NOWAIT);
            if (read >= 0) return read;
            if (LibC.errno != Errno.EAGAIN) return -1;
            Syscall.Pause(TimeSpan.FromMicroseconds(pause));
            waited += pause;
            if (waited < BriefMicroseconds) continue;
            var (now, isBusy) = DiskRequests.Of(disk);
            idle = isBusy ? 0 : idle + 1;
            if (idle == IdleTimes) return -1;
            if (now != answered) (answered, heard) = (now, waited);
            if (waited - heard > DiskRequests.AnswerLimit.TotalMicroseconds) break;
        }
        unanswered = offset;
        throw TimedOut();
    }

    private NoAnswerException TimedOut() => new(node.Path);

    /// <summary>
    /// Closes the device. The last close waits for all its requests. So another process has a device that does not answer open until it
    /// answers.
    /// </summary>
    public void Dispose()
    {
        // Without memory for a process it stays open.
        if (unanswered is not { } offset || StorageDaemon.Start(node, () => AwaitAnswer(offset))) node.Dispose();
    }

    private static void AwaitAnswer(long offset)
    {
        byte first;
        LibC.pread(0, &first, 1, offset);
    }
}
