using System.Text;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// A part of this program in a process of its own: it begins with a copy of everything, so nothing has to start, and whatever becomes of it,
/// this process stays as it is. It does one thing after the other as it is asked, and what it has learnt from one is there for the
/// next. For a program whose one thread does all the work.
/// </summary>
public sealed unsafe class ForkedProcess : IDisposable
{
    // Behind everything that it prints for a question.
    private const byte EndOfAnswer = 0;
    private static readonly TimeSpan PatienceWithThreads = TimeSpan.FromSeconds(1), PatienceWithEnd = TimeSpan.FromSeconds(5);
    private readonly int pid;
    private readonly FileHandle questions, answers;

    private ForkedProcess(int pid, FileHandle questions, FileHandle answers)
    {
        this.pid = pid;
        this.questions = questions;
        this.answers = answers;
    }

    /// <summary>Nobody is there any more to be asked.</summary>
    public bool HasEnded { get; private set; }

    /// <param name="name">What it is called in errors.</param>
    /// <param name="work">What it does with a question, its standard output and error being the answer. 0 when it can be asked again; anything
    /// else ends the process with that exit code, and an exception with 1.</param>
    public static ForkedProcess Start(string name, Func<string, int> work)
    {
        AwaitOtherThreads();
        var (asked, questions) = ChildProcess.Pipe(name);
        using (asked)
        {
            var (answers, answered) = ChildProcess.Pipe(name);
            using (answered)
            {
                var pid = Native.fork();
                if (pid == 0) Become(work, questions, asked, answered);
                if (pid > 0) return new ForkedProcess(pid, questions, answers);
                var error = LibC.errno;
                questions.Dispose();
                answers.Dispose();
                throw new SyscallException("fork", name, error);
            }
        }
    }

    /// <summary>Waits for the answer as <see cref="ChildProcess.Run"/> does for the end of a program. Exit code 0: it is there to be asked again.</summary>
    /// <param name="question">Not empty, of at most 4 KiB.</param>
    /// <param name="limit">After this it is killed, with its group.</param>
    /// <param name="waiting">Called about once a second, with the time since it last printed something.</param>
    public CommandResult Ask(string question, TimeSpan limit, Action<TimeSpan>? waiting = null)
    {
        // Where nobody reads it, the end is the answer.
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

    /// <summary>Lets it end, and waits for that.</summary>
    public void Dispose()
    {
        questions.Dispose();
        if (!HasEnded) Collect(PatienceWithEnd, waiting: null, end: null);
        answers.Dispose();
    }

    private static void Become(Func<string, int> work, FileHandle questions, FileHandle asked, FileHandle answered)
    {
        var exitCode = 1;
        try
        {
            LibC.setpgid(0, 0);
            // Its own copy of the other end would keep the questions from ever ending.
            questions.Dispose();
            using var nothing = Syscall.Open("/dev/null", OpenFlags.ReadOnly);
            LibC.dup2(nothing.Descriptor, 0);
            LibC.dup2(answered.Descriptor, 1);
            LibC.dup2(answered.Descriptor, 2);
            exitCode = Answer(work, asked, answered);
        }
        // Nothing may return from here: behind the caller is the other process's work.
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
