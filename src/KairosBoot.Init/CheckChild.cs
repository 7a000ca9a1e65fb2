using KairosBoot.Execution;
using KairosBoot.Linux;

namespace KairosBoot.Init;

/// <summary>
/// The process in which the image's own fsck runs: it sees the image as its /, with the machine's /dev, /proc, /sys and /run inside. PID 1
/// stays where it is.
/// </summary>
internal static class CheckChild
{
    public const string Verb = "check";

    // fsck(8): operational error.
    private const int NotRun = 8;

    /// <summary>Called by PID 1, for <see cref="StepExecutor"/>.</summary>
    /// <param name="image">Where the image is mounted.</param>
    /// <param name="program">Path inside it.</param>
    /// <param name="arguments">What follows its name.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="watchdog">Fed until then: a check may be silent for as long as it takes.</param>
    public static CommandResult Start(string image, string program, IReadOnlyList<string> arguments, TimeSpan limit, Watchdog watchdog) =>
        ChildProcess.Run("/proc/self/exe", [Verb, image, program, .. arguments], StageProcess.Environment(), limit, waiting: _ => watchdog.Feed());

    /// <summary>In the child: becomes the program, and returns only where it cannot.</summary>
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
