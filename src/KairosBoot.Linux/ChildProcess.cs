using System.Text;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">Its exit code; 128 + n where signal n ended it.</param>
/// <param name="TimedOut">It was still running at the time limit and was killed with all its group.</param>
/// <param name="Output">Standard output, where that had no file to go to, and error together, the first 64 KiB.</param>
public sealed record CommandResult(int ExitCode, bool TimedOut, string Output)
{
    /// <summary>False: it has said that it is done, and lives on.</summary>
    internal bool HasEnded { get; init; } = true;
}

/// <summary>Runs another program and waits for it. Only for what an image or its owner asks for; the boot itself starts none.</summary>
public static unsafe class ChildProcess
{
    private const int OutputLimit = 64 * 1024;
    private const int SIGKILL = 9, WNOHANG = 1;

    /// <summary>
    /// Starts <paramref name="program"/> in a process group of its own and waits for its end, not for that of anything it leaves in the
    /// background.
    /// </summary>
    /// <param name="program">Its path.</param>
    /// <param name="arguments">Without its name.</param>
    /// <param name="environment"><c>NAME=VALUE</c>.</param>
    /// <param name="limit">After this it is killed, with its group.</param>
    /// <param name="input">Its standard input; null: /dev/null.</param>
    /// <param name="output">Its standard output; null: it goes the way of its standard error.</param>
    /// <param name="waiting">Called about once a second while it runs, with the time since its last output.</param>
    public static CommandResult Run(
        string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, TimeSpan limit, FileHandle? input = null, FileHandle? output = null,
        Action<TimeSpan>? waiting = null)
    {
        var (reader, writer) = Pipe(program);
        using (reader)
        {
            int pid;
            using (writer) pid = Spawn(program, arguments, environment, input?.Descriptor, output?.Descriptor ?? writer.Descriptor, writer.Descriptor);
            return Collect(pid, reader, Syscall.BootTimeMicroseconds() + (long)limit.TotalMicroseconds, waiting);
        }
    }

    internal static (FileHandle Reader, FileHandle Writer) Pipe(string program)
    {
        var ends = stackalloc int[2];
        if (LibC.pipe2(ends, LibC.O_CLOEXEC) < 0) throw new SyscallException("pipe2", program, LibC.errno);
        return (new FileHandle(ends[0], "output of " + program), new FileHandle(ends[1], "output of " + program));
    }

    private static int Spawn(string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, int? input, int output, int errors)
    {
        const short POSIX_SPAWN_SETPGROUP = 2, POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8;
        // Both are opaque: 80 and 336 bytes in glibc on 64-bit machines.
        byte* actions = stackalloc byte[256], attributes = stackalloc byte[512];
        sigset_t none, all;
        LibC.sigemptyset(&none);
        LibC.sigfillset(&all);
        using var argv = new StringVector([program, .. arguments]);
        using var envp = new StringVector(environment);
        Native.posix_spawn_file_actions_init(actions);
        Native.posix_spawnattr_init(attributes);
        try
        {
            fixed (byte* path = Encoding.UTF8.GetBytes(program + '\0'), devNull = "/dev/null\0"u8)
            {
                if (input is { } descriptor) Native.posix_spawn_file_actions_adddup2(actions, descriptor, 0);
                else Native.posix_spawn_file_actions_addopen(actions, 0, devNull, LibC.O_RDONLY, 0);
                Native.posix_spawn_file_actions_adddup2(actions, output, 1);
                Native.posix_spawn_file_actions_adddup2(actions, errors, 2);
                // Ours are close-on-exec; those of a caller's caller may not be.
                Native.posix_spawn_file_actions_addclosefrom_np(actions, 3);
                Native.posix_spawnattr_setsigmask(attributes, &none);
                Native.posix_spawnattr_setsigdefault(attributes, &all);
                Native.posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
                int pid;
                var error = Native.posix_spawn(&pid, path, actions, attributes, argv.Pointer, envp.Pointer);
                return error == 0 ? pid : throw new SyscallException("exec", program, error);
            }
        }
        finally
        {
            Native.posix_spawn_file_actions_destroy(actions);
            Native.posix_spawnattr_destroy(attributes);
        }
    }

    /// <summary>
    /// Reads until the output ends or the process does, whichever comes first: a daemon it started may hold the pipe for ever. With an
    /// <paramref name="end"/>, that byte at the end of what there is ends it too, and the process goes on.
    /// </summary>
    internal static CommandResult Collect(int pid, FileHandle reader, long deadline, Action<TimeSpan>? waiting, byte? end = null)
    {
        using var exited = PidFd(pid);
        var output = new List<byte>();
        var outputEnded = false;
        var timedOut = false;
        var heard = Syscall.BootTimeMicroseconds();
        var buffer = new byte[4096];
        var events = stackalloc pollfd[2];
        while (true)
        {
            events[0] = new pollfd { fd = exited.Descriptor, events = LibC.POLLIN };
            events[1] = new pollfd { fd = outputEnded ? -1 : reader.Descriptor, events = LibC.POLLIN };
            var now = Syscall.BootTimeMicroseconds();
            waiting?.Invoke(TimeSpan.FromMicroseconds(now - heard));
            var left = (deadline - now) / 1000 + 1;
            var ready = LibC.poll(events, 2, timedOut ? -1 : (int)Math.Clamp(left, 0, waiting is null ? int.MaxValue : 1000));
            if (ready < 0 && LibC.errno == Errno.EINTR || ready == 0 && left > 1000 && waiting is not null) continue;
            if (ready == 0)
            {
                timedOut = true;
                LibC.kill(-pid, SIGKILL);
                continue;
            }
            heard = Syscall.BootTimeMicroseconds();
            if (events[1].revents != 0)
            {
                var n = Syscall.Read(reader, buffer);
                outputEnded = n == 0;
                var done = n > 0 && buffer[n - 1] == end;
                Keep(buffer.AsSpan(0, done ? n - 1 : n), output);
                if (done) return new CommandResult(0, TimedOut: false, Text(output)) { HasEnded = false };
            }
            else if (events[0].revents != 0) break;
        }
        return new CommandResult(Reap(pid), timedOut, Text(output));
    }

    private static void Keep(ReadOnlySpan<byte> bytes, List<byte> output) => output.AddRange(bytes[..Math.Min(bytes.Length, OutputLimit - output.Count)]);

    private static string Text(List<byte> output) => Encoding.UTF8.GetString(output.ToArray());

    private static FileHandle PidFd(int pid)
    {
        const int SYS_pidfd_open = 434;
        var fd = (int)(long)LibC.syscall(SYS_pidfd_open, pid, 0);
        return fd >= 0 ? new FileHandle(fd, "pidfd") : throw new SyscallException("pidfd_open", pid.ToString(), LibC.errno);
    }

    private static int Reap(int pid)
    {
        int status;
        while (Native.waitpid(pid, &status, 0) < 0)
            if (LibC.errno != Errno.EINTR) throw new SyscallException("waitpid", pid.ToString(), LibC.errno);
        var signal = status & 0x7F;
        return signal != 0 ? 128 + signal : (status >> 8) & 0xFF;
    }

    /// <summary>Collects children that were re-parented to this process (PID 1) and have ended. Never waits.</summary>
    public static void ReapOrphans()
    {
        int status;
        while (Native.waitpid(-1, &status, WNOHANG) > 0) { }
    }
}
