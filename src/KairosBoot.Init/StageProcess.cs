using KairosBoot.CloudConfig;
using KairosBoot.Linux;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Init;

/// <summary>
/// Runs cloud-config stages in a process of its own: whatever a config does to it, PID 1 lives, and a chroot there leaves this process where
/// it is. All stages of a boot run in the same one, which parses a file once, unless one of them ends it.
/// </summary>
internal sealed partial class StageProcess(ILogger logger, Watchdog watchdog) : IDisposable
{
    // A stage has no end of its own: every command in it does. This is for what nobody thought of.
    private static readonly TimeSpan Limit = TimeSpan.FromHours(1);

    // A stage says each entry it begins. The longest that an entry may be silent after that is the limit of a command, and there is
    // no watchdog that should be quicker than that.
    private static readonly TimeSpan MaxSilence = StageRunner.DefaultCommandLimit + TimeSpan.FromMinutes(1);

    private ForkedProcess? process;

    /// <summary>Largest resident size of a stage's process so far.</summary>
    public long PeakResidentKiB { get; private set; }

    /// <param name="stage"><c>rootfs</c>, <c>initramfs</c>.</param>
    /// <param name="image">Where the image is mounted, for a stage that runs beside it; <c>/</c> for one that runs in it.</param>
    public StageOutcome Run(string stage, string image)
    {
        if (!AnySource(image.TrimEnd('/'))) return new StageOutcome([]);
        var start = Syscall.BootTimeMicroseconds();
        try
        {
            process ??= ForkedProcess.Start("cloud-config stages", new StageChild().Run);
            var result = process.Ask(StageProtocol.Question(stage, image), Limit, silence =>
            {
                if (silence < MaxSilence) watchdog.Feed();
            });
            if (process.HasEnded) Dispose();
            var outcome = StageProtocol.Read(result.Output);
            PeakResidentKiB = Math.Max(PeakResidentKiB, outcome.PeakResidentKiB);
            Ended(stage, outcome.Problems.Length.ToString(), (Syscall.BootTimeMicroseconds() - start).ToString(), outcome.CommandMicroseconds.ToString());
            return result.ExitCode == 0 ? outcome
                : outcome with { Error = $"cloud-config stage {stage} ended early (exit {result.ExitCode}{(result.TimedOut ? ", time limit" : "")})" };
        }
        catch (SyscallException e)
        {
            return new StageOutcome([]) { Error = $"cloud-config stage {stage} could not be started: {e.Message}" };
        }
    }

    /// <summary>Ends the process. A stage that runs later has a new one, which knows nothing of those before.</summary>
    public void Dispose()
    {
        process?.Dispose();
        process = null;
    }

    private static bool AnySource(string root)
    {
        foreach (var directory in SystemPaths.CloudConfigs)
        {
            try
            {
                if (Syscall.ReadDirectoryIfThere(root + directory).Count > 0) return true;
            }
            catch (SyscallException) { return true; } // a loop of links, or a disk that does not answer: the stage says so
        }

        return !CommandLineConfig.Parse(StageFacts.CommandLine).IsEmpty;
    }

    /// <summary>The kernel's environment, with the search path a shell expects.</summary>
    internal static List<string> Environment() => [SystemPaths.StagePath, "HOME=/", "TERM=linux"];

    // Numbers are passed as text: every other combination of types would cost PID 1 code of its own.
    [LoggerMessage(Level = LogLevel.Information, Message = "cloud-config stage {Stage}: {Problems} problems [{Microseconds} us, of it {Commands} us in commands]")]
    private partial void Ended(string stage, string problems, string microseconds, string commands);
}
