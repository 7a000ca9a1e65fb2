using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// A part of this program in a process of its own: it begins with a copy of everything, so nothing has to start, and whatever becomes of it,
/// this process stays as it is. For a program whose one thread does all the work.
/// </summary>
public static unsafe class ForkedProcess
{
    private static readonly TimeSpan PatienceWithThreads = TimeSpan.FromSeconds(1);

    /// <summary>Waits for its end, as <see cref="ChildProcess.Run"/> does.</summary>
    /// <param name="name">What it is called in errors.</param>
    /// <param name="work">What it does, its standard output and error being the result's. Returns its exit code; an exception is exit code 1.</param>
    /// <param name="limit">After this it is killed, with its group.</param>
    /// <param name="waiting">Called about once a second while it runs, with the time since its last output.</param>
    public static CommandResult Run(string name, Func<int> work, TimeSpan limit, Action<TimeSpan>? waiting = null)
    {
        AwaitOtherThreads();
        var (reader, writer) = ChildProcess.Pipe(name);
        using (reader)
        {
            int pid;
            using (writer)
            {
                pid = Native.fork();
                if (pid == 0) Become(work, writer);
            }
            if (pid < 0) throw new SyscallException("fork", name, LibC.errno);
            return ChildProcess.Collect(pid, reader, Syscall.BootTimeMicroseconds() + (long)limit.TotalMicroseconds, waiting);
        }
    }

    private static void Become(Func<int> work, FileHandle output)
    {
        var exitCode = 1;
        try
        {
            LibC.setpgid(0, 0);
            using var nothing = Syscall.Open("/dev/null", OpenFlags.ReadOnly);
            LibC.dup2(nothing.Descriptor, 0);
            LibC.dup2(output.Descriptor, 1);
            LibC.dup2(output.Descriptor, 2);
            exitCode = work();
        }
        // Nothing may return from here: behind the caller is the other process's work.
        finally { Native._exit(exitCode); }
    }

    /// <summary>
    /// Of several threads only the calling one exists in the copy, and what another one was about to release would stay taken. The runtime's
    /// finalizer thread is the only one there is, and after a collection it may have something to do: asleep, it holds nothing.
    /// </summary>
    private static void AwaitOtherThreads()
    {
        var end = Syscall.BootTimeMicroseconds() + (long)PatienceWithThreads.TotalMicroseconds;
        while (!OthersSleep() && Syscall.BootTimeMicroseconds() < end) Syscall.Pause(TimeSpan.FromMilliseconds(1));
    }

    // proc(5): the state follows the name, which is in parentheses.
    private static bool OthersSleep()
    {
        foreach (var thread in Syscall.ReadDirectory("/proc/self/task"))
        {
            if (thread == Syscall.GetPid().ToString()) continue;
            var status = FileText.TryReadAttribute($"/proc/self/task/{thread}/stat") ?? "";
            var state = status.LastIndexOf(')') + 2;
            if (state > 1 && state < status.Length && status[state] != 'S') return false;
        }
        return true;
    }
}
