using KairosBoot.Execution;
using KairosBoot.Linux;

namespace KairosBoot.Init;

/// <summary>
/// The process in which the image's own fsck runs. It sees the image as its root, with the machine's /dev, /proc, /sys and /run inside. The
/// root of PID 1 does not change.
/// </summary>
internal static class CheckChild
{
    public const string Verb = "check";

    // fsck(8): operational error.
    private const int NotRun = 8;

    /// <summary>Called by PID 1, for <see cref="StepExecutor"/>.</summary>
    /// <param name="image">Where the image is mounted.</param>
    /// <param name="program">Path inside it.</param>
    /// <param name="arguments">Without the program's name.</param>
    /// <param name="limit">After this time it is killed.</param>
    /// <param name="watchdog">Fed until then: a check may print nothing for a long time.</param>
    public static CommandResult Start(string image, string program, IReadOnlyList<string> arguments, TimeSpan limit, Watchdog watchdog) =>
        ChildProcess.Run("/proc/self/exe", [Verb, image, program, .. arguments], StageProcess.Environment(), limit, waiting: _ =>
            watchdog.Feed());

    /// <summary>In the child process: executes the program. Returns only where that failed.</summary>
    public static int Run(string image, string program, string[] arguments)
    {
        try
        {
            StageChild.EnterScratchOverlay(image);
            Syscall.Exec(program, arguments, StageProcess.Environment());
        }
        catch (SyscallException e) { StageProtocol.Print(e.Message + "\n"); }
        return NotRun;
    }
}
