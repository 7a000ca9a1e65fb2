using System.Text;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">Its exit code; 128 + n: signal n ended it.</param>
/// <param name="TimedOut">It was still running at the time limit and was killed with its process group.</param>
/// <param name="Output">The first 64 KiB of standard error, and of standard output if that is not redirected to a file.</param>
public sealed record CommandResult(int ExitCode, bool TimedOut, string Output)
{
    /// <summary>False: it reported that it is done, and continues to run.</summary>
    internal bool HasEnded { get; init; } = true;
}

/// <summary>
/// Runs another program and waits for it. Only for programs that an image or its owner asks for; the boot itself starts none.
/// </summary>
public static unsafe partial class ChildProcess
{
    private const int OutputLimit = 64 * 1024, PieceSize = 64 * 1024;
    private const int SIGKILL = Syscall.SIGKILL, WNOHANG = 1, __WALL = 0x40000000, SYS_pidfd_open = 434;

    /// <summary>
    /// Starts <paramref name="program"/> in its own process group and waits for its end. Does not wait for processes that it leaves in the
    /// background.
    /// </summary>
    /// <param name="program">Path of the program.</param>
    /// <param name="arguments">The arguments after its name.</param>
    /// <param name="environment"><c>NAME=VALUE</c>.</param>
    /// <param name="limit">After this time it is killed with its group.</param>
    /// <param name="input">Its standard input; null: /dev/null.</param>
    /// <param name="output">Its standard output; null: the same as its standard error.</param>
    /// <param name="waiting">Called about once a second while it runs, with the time since its last output.</param>
    /// <param name="user">The user that it runs as; null: the user of this process.</param>
    /// <param name="ownSession">It leads a session without a terminal.</param>
    public static CommandResult Run(
        string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, TimeSpan limit, FileHandle? input = null,
            FileHandle? output = null,
        Action<TimeSpan>? waiting = null, ChildUser? user = null, bool ownSession = false)
    {
        var (reader, writer) = Pipe(program);
        using (reader)
        {
            int pid;
            using (writer)
            {
                var standard = new Standard(input?.Descriptor, output?.Descriptor ?? writer.Descriptor, writer.Descriptor);
                pid = Spawn(program, arguments, environment, standard, user, ownSession);
            }
            return Collect(pid, reader, Deadline(limit), waiting);
        }
    }

    /// <summary>
    /// As <see cref="Run"/>, but passes the standard output to the caller while the program runs. The caller can end the program after
    /// any piece.
    /// </summary>
    /// <param name="receive">Receives all pieces in order. If it throws, the program is killed and the exception is passed on.</param>
    public static CommandResult Stream(
        string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, TimeSpan limit, FileHandle input,
            OutputReceiver receive)
    {
        var (reader, writer) = Pipe(program);
        var (stream, streamWriter) = Pipe(program);
        using (reader)
        using (stream)
        {
            int pid;
            using (writer)
            using (streamWriter)
            {
                pid = Spawn(program, arguments, environment, new Standard(input.Descriptor, streamWriter.Descriptor, writer.Descriptor),
                    user: null);
            }

            try { return Collect(pid, reader, Deadline(limit), waiting: null, stream: stream, receive: receive); }
            catch
            {
                LibC.kill(-pid, SIGKILL);
                Reap(pid);
                throw;
            }
        }
    }

    private static long Deadline(TimeSpan limit) => Syscall.BootTimeMicroseconds() + (long)limit.TotalMicroseconds;

    internal static (FileHandle Reader, FileHandle Writer) Pipe(string program)
    {
        var ends = stackalloc int[2];
        if (LibC.pipe2(ends, LibC.O_CLOEXEC) < 0) throw Syscall.Failed("pipe2", program);
        return (new FileHandle(ends[0], "output of " + program), new FileHandle(ends[1], "output of " + program));
    }

    /// <summary>
    /// Reads until the output or the process ends, whichever comes first: a daemon that it started may hold the pipe forever. With an
    /// <paramref name="end"/>, reading also stops when the last byte read is that byte; then the process continues to run.
    /// </summary>
    internal static CommandResult Collect(
        int pid, FileHandle reader, long deadline, Action<TimeSpan>? waiting, byte? end = null, FileHandle? stream = null,
        OutputReceiver? receive = null)
    {
        using var exited = PidFd(pid);
        var output = new List<byte>();
        bool outputEnded = false, timedOut = false;
        var heard = Syscall.BootTimeMicroseconds();
        var buffer = new byte[stream is null ? 4096 : PieceSize];
        var events = stackalloc pollfd[3];
        while (true)
        {
            if (stream is not null && !Pass([], receive!, pid)) stream = null;
            events[0] = new pollfd { fd = exited.Descriptor, events = LibC.POLLIN };
            events[1] = new pollfd { fd = outputEnded ? -1 : reader.Descriptor, events = LibC.POLLIN };
            events[2] = new pollfd { fd = stream?.Descriptor ?? -1, events = LibC.POLLIN };
            waiting?.Invoke(TimeSpan.FromMicroseconds(Syscall.BootTimeMicroseconds() - heard));
            var ready = Wait(events, timedOut ? null : deadline, mustWake: waiting is not null || stream is not null, pid);
            timedOut |= ready == 0;
            if (ready <= 0) continue;
            heard = Syscall.BootTimeMicroseconds();
            // Its output first: it may still be there after the program has ended.
            if (events[0].revents != 0 && events[1].revents == 0 && events[2].revents == 0) break;
            if (events[2].revents != 0)
            {
                var n = Syscall.Read(stream!, buffer);
                if (n == 0 || !Pass(buffer.AsSpan(0, n), receive!, pid)) stream = null;
            }
            else if (events[1].revents != 0)
            {
                var n = Syscall.Read(reader, buffer);
                outputEnded = n == 0;
                var done = n > 0 && buffer[n - 1] == end;
                Keep(buffer.AsSpan(0, done ? n - 1 : n), output);
                if (done) return new CommandResult(0, TimedOut: false, Text(output)) { HasEnded = false };
            }
        }
        return new CommandResult(Reap(pid), timedOut, Text(output));
    }

    /// <summary>Waits for an event. 0: the deadline has passed, and the program is killed; negative: nothing has happened yet.</summary>
    private static int Wait(pollfd* events, long? deadline, bool mustWake, int pid)
    {
        if (deadline is not { } end) return LibC.poll(events, 3, -1);
        var left = (end - Syscall.BootTimeMicroseconds()) / 1000 + 1;
        var ready = LibC.poll(events, 3, (int)Math.Clamp(left, 0, mustWake ? 1000 : int.MaxValue));
        if (ready == 0 && left > 1000 && mustWake) return -1;
        if (ready == 0) LibC.kill(-pid, SIGKILL);
        return ready;
    }

    /// <summary>Passes a piece of the output to the caller. False: the caller has enough, and the program is killed.</summary>
    private static bool Pass(ReadOnlySpan<byte> piece, OutputReceiver receive, int pid)
    {
        if (receive(piece)) return true;
        LibC.kill(-pid, SIGKILL);
        return false;
    }

    private static void Keep(ReadOnlySpan<byte> bytes, List<byte> output) =>
        output.AddRange(bytes[..Math.Min(bytes.Length, OutputLimit - output.Count)]);

    private static string Text(List<byte> output) => Encoding.UTF8.GetString(output.ToArray());

    /// <summary>Waits for the end of a process. False: the deadline, on the clock of the boot, has passed.</summary>
    internal static bool AwaitEnd(FileHandle pidFd, long deadline)
    {
        var end = new pollfd { fd = pidFd.Descriptor, events = LibC.POLLIN };
        var left = (deadline - Syscall.BootTimeMicroseconds()) / 1000 + 1;
        return LibC.poll(&end, 1, (int)Math.Max(left, 0)) > 0;
    }

    internal static FileHandle PidFd(int pid, string name = "pidfd")
    {
        var fd = (int)(long)LibC.syscall(SYS_pidfd_open, pid, 0);
        return fd >= 0 ? new FileHandle(fd, name) : throw Syscall.Failed("pidfd_open", pid.ToString());
    }

    private static int Reap(int pid)
    {
        int status;
        while (Native.waitpid(pid, &status, 0) < 0)
            if (LibC.errno != Errno.EINTR) throw Syscall.Failed("waitpid", pid.ToString());
        var signal = status & 0x7F;
        return signal != 0 ? 128 + signal : (status >> 8) & 0xFF;
    }

    /// <summary>Reaps ended children that were re-parented to this process (PID 1). Never waits.</summary>
    /// <returns>False: this process has no children, not even running ones.</returns>
    public static bool ReapOrphans()
    {
        int status, pid;
        while ((pid = Native.waitpid(-1, &status, WNOHANG | __WALL)) > 0) { }
        return pid == 0 || LibC.errno != Errno.ECHILD;
    }
}
