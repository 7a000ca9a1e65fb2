using KairosBoot.CloudConfig;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// Runs cloud-config stages in a child process: a config that ends the process does not end PID 1, and its chroot does not change the root
/// of PID 1. One process runs all stages of a boot, so it parses each file once. If a stage ends it, the next stage gets a new one.
/// </summary>
internal sealed class StageProcess(KernelModules modules, MessageLog logger, Watchdog watchdog) : IDisposable
{
    // Every command of a stage has a limit, the stage as a whole has not. This one is the last resort.
    private static readonly TimeSpan Limit = TimeSpan.FromHours(1);

    // A stage reports the start of an entry, at most once a second. After that an entry may be silent for as long as the limit of a
    // command; the watchdog must not be faster.
    private static readonly TimeSpan MaxSilence = StageRunner.DefaultCommandLimit + TimeSpan.FromMinutes(1);

    private ForkedProcess? process;

    /// <summary>Largest resident size of a stage's process so far.</summary>
    public long PeakResidentKiB { get; private set; }

    /// <param name="stage"><c>rootfs</c>, <c>initramfs</c>.</param>
    /// <param name="image">The image's mount point for a stage before the switch of the root; <c>/</c> for a later one.</param>
    public StageOutcome Run(string stage, string image)
    {
        if (!AnySource(image.TrimEnd('/'))) return new StageOutcome([]);
        var start = Syscall.BootTimeMicroseconds();
        try
        {
            process ??= ForkedProcess.Start("cloud-config stages", new StageChild(modules).Run);
            var result = process.Ask(StageProtocol.Question(stage, image), Limit, silence =>
            {
                if (silence < MaxSilence) watchdog.Feed();
            });
            if (process.HasEnded) Dispose();
            var outcome = StageProtocol.Read(result.Output);
            PeakResidentKiB = Math.Max(PeakResidentKiB, outcome.PeakResidentKiB);
            Ended(stage, outcome.Problems.Length.ToString(), (Syscall.BootTimeMicroseconds() - start).ToString(),
                outcome.CommandMicroseconds.ToString());
            return result.ExitCode == 0 ? outcome
                : outcome with
                {
                    Error = $"cloud-config stage {stage} ended early (exit " +
                    $"{result.ExitCode}{(result.TimedOut ? ", time limit" : "")})"
                };
        }
        catch (SyscallException e)
        {
            return new StageOutcome([]) { Error = $"cloud-config stage {stage} could not be started: {e.Message}" };
        }
    }

    /// <summary>Ends the process. A later stage gets a new one, which has no memory of the earlier stages.</summary>
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
                if (Syscall.HasEntries(root + directory)) return true;
            }
            catch (SyscallException) { return true; } // a loop of links, or a disk that does not answer: the stage reports it
        }

        return !CommandLineConfig.Parse(StageFacts.CommandLine).IsEmpty;
    }

    /// <summary>The kernel's environment, with the search path a shell expects.</summary>
    internal static List<string> Environment() => [SystemPaths.StagePath, "HOME=/", "TERM=linux"];

    // Numbers are passed as text: each combination of types would add code to PID 1.
    private void Ended(string stage, string problems, string microseconds, string commands) =>
        logger.Write(LogLevel.Information,
            $"cloud-config stage {stage}: {problems} problems [{microseconds} us, of it {commands} us in commands]");
}
