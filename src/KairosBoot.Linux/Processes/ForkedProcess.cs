using System.Text;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// A forked copy of this program. It starts with a copy of the whole memory, so nothing must be started again, and its failures do not
/// affect this process. It handles one request after another and keeps what it learned for the next one. Only for a program that does all
/// its work in one thread.
/// </summary>
public sealed unsafe class ForkedProcess : IDisposable
{
    // Follows everything that the child prints for a request.
    private const byte EndOfAnswer = 0;
    private static readonly TimeSpan MaxWaitForThreads = TimeSpan.FromSeconds(1), MaxWaitForEnd = TimeSpan.FromSeconds(5);
    private readonly int pid;
    private readonly FileHandle questions, answers;

    private ForkedProcess(int pid, FileHandle questions, FileHandle answers)
    {
        this.pid = pid;
        this.questions = questions;
        this.answers = answers;
    }

    /// <summary>The process has ended and takes no more requests.</summary>
    public bool HasEnded { get; private set; }

    /// <param name="name">Its name in errors.</param>
    /// <param name="work">
    /// Handles a request; its standard output and standard error are the answer. Returns 0 to continue; any other value ends the process
    /// with that exit code, and an exception with 1.
    /// </param>
    public static ForkedProcess Start(string name, Func<string, int> work)
    {
        var (asked, questions) = ChildProcess.Pipe(name);
        using (asked)
        {
            var (answers, answered) = ChildProcess.Pipe(name);
            using (answered)
            {
                var pid = Fork();
                if (pid == 0) Become(work, questions, asked, answered);
                if (pid > 0) return new ForkedProcess(pid, questions, answers);
                var error = LibC.errno;
                questions.Dispose();
                answers.Dispose();
                throw Syscall.Failed("fork", name, error);
            }
        }
    }

    /// <summary>
    /// Sends a request and waits for the answer, as <see cref="ChildProcess.Run"/> waits for the end of a program. Exit code 0: the
    /// process continues to run.
    /// </summary>
    /// <param name="question">Not empty, at most 4 KiB.</param>
    /// <param name="limit">After this time it is killed with its group.</param>
    /// <param name="waiting">Called about once a second, with the time since its last output.</param>
    public CommandResult Ask(string question, TimeSpan limit, Action<TimeSpan>? waiting = null)
    {
        // If the process has ended, its end is the answer.
        try { Syscall.WriteAll(questions, Encoding.UTF8.GetBytes(question)); }
        catch (SyscallException e) when (e.Errno == Errno.EPIPE) { }
        return Collect(limit, waiting, EndOfAnswer);
    }

    private CommandResult Collect(TimeSpan limit, Action<TimeSpan>? waiting, byte? end)
    {
        var result = ChildProcess.Collect(pid, answers, Syscall.BootTimeMicroseconds() + (long)limit.TotalMicroseconds, waiting, end);
        HasEnded = result.HasEnded;
        return result;
    }

    /// <summary>Lets the process end and waits for it.</summary>
    public void Dispose()
    {
        questions.Dispose();
        if (!HasEnded) Collect(MaxWaitForEnd, waiting: null, end: null);
        answers.Dispose();
    }

    private static void Become(Func<string, int> work, FileHandle questions, FileHandle asked, FileHandle answered)
    {
        var exitCode = 1;
        try
        {
            LibC.setpgid(0, 0);
            // With its own copy of the writing end open, the child would never see the end of the requests.
            questions.Dispose();
            using var nothing = Syscall.Open("/dev/null", OpenFlags.ReadOnly);
            LibC.dup2(nothing.Descriptor, 0);
            LibC.dup2(answered.Descriptor, 1);
            LibC.dup2(answered.Descriptor, 2);
            exitCode = Answer(work, asked, answered);
        }
        // Must not return: after the caller comes the work of the parent process.
        finally { Native._exit(exitCode); }
    }

    private static int Answer(Func<string, int> work, FileHandle asked, FileHandle answered)
    {
        var buffer = new byte[4096];
        while (Syscall.Read(asked, buffer) is > 0 and var length)
        {
            if (work(Encoding.UTF8.GetString(buffer, 0, length)) is not 0 and var exitCode) return exitCode;
            Syscall.WriteAll(answered, [EndOfAnswer]);
        }
        return 0;
    }

    /// <summary>
    /// fork(2). In the child, which gets 0, only <see cref="Native._exit"/> may follow the work; negative: errno has the reason.
    /// </summary>
    internal static int Fork()
    {
        AwaitOtherThreads();
        return Native.fork();
    }

    /// <summary>
    /// Waits until all other threads sleep. In a forked copy only the calling thread exists, so a lock that another thread holds would
    /// stay locked. The only other thread is the runtime's finalizer thread, which may be active after a collection; while it sleeps, it
    /// holds no lock.
    /// </summary>
    private static void AwaitOtherThreads()
    {
        var end = Syscall.BootTimeMicroseconds() + (long)MaxWaitForThreads.TotalMicroseconds;
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
