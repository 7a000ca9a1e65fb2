using System.Collections.Immutable;
using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Init;

internal sealed partial class Machine
{
    /// <summary>Holds every mount made so far to mountinfo.</summary>
    /// <exception cref="OperatorException">A required one is not what it should be.</exception>
    public void CheckMounts()
    {
        var actual = MountTable.Read();
        foreach (var made in BootMounts.Of(results))
        {
            foreach (var (planned, reason, lostWrites) in MountCheck.Compare([made.Mount!], actual))
            {
                var text = $"{planned.Target} {reason}, although its mount succeeded";
                // A kernel that finds errors in a file system takes its writes away: the data is all there, and so is the boot.
                if (lostWrites) Note(StepClass.Degraded, text + ": the format takes no writes, or the kernel found errors in it");
                else if (made.Step.Class == StepClass.Required) throw new OperatorException(text, "report this as a defect, with the boot log");
                else Note(made.Step.Class, text);
            }
        }
    }

    /// <summary>/etc/fstab of the new root, from what is really there.</summary>
    public void WriteFsTab()
    {
        var actual = MountTable.Read();
        mounts.Clear();
        var mounted = ImmutableArray.CreateBuilder<(PlannedMount, MountInfo)>();
        foreach (var made in BootMounts.Of(results))
        {
            for (var i = actual.Length - 1; i >= 0; i--)
            {
                if (actual[i].MountPoint == made.Mount!.Target)
                {
                    mounted.Add((made.Mount, actual[i]));
                    mounts.Add(actual[i]);
                    break;
                }
            }
        }

        Apply([new WriteFile(StepClass.Degraded, SystemPaths.Sysroot + "/etc/fstab", FsTab.Text(mounted.ToImmutable()))]);
    }

    public void EnterNewRoot(ImmutableArray<string> moved)
    {
        // Its socket would be handed on; nothing is waited for any more.
        devices?.Dispose();
        oldRoot = SwitchRoot.Enter(SystemPaths.Sysroot, moved);
    }

    public void WriteReport()
    {
        foreach (var problem in modules.Problems) Note(StepClass.Optional, "module: " + problem);
        foreach (var problem in configProblems)
            if (problem is { Entry: "", Key: "", IsWarning: false }) problems.Add((StepClass.Degraded, "cloud-config file left out: " + problem));
        EndPhase("hand-over");
        var report = new BootReport
        {
            Request = Request, Kernel = Syscall.KernelRelease(), Devices = devices?.Devices ?? [], Steps = results.ToImmutable(),
            Mounts = mounts.ToImmutable(), UserData = [.. userData],
            ConfigProblems = configProblems.ToImmutable(), FailedBoots = [.. failedBoots], Problems = problems.ToImmutable(), KernelMicroseconds = start,
            ImageId = imageId, Counters = counters, CountedBy = countedBy,
            Phases = phases.ToImmutable(), StageMicroseconds = phaseStart - start,
            PeakResidentKiB = Math.Max(StageProtocol.PeakResidentKiB(), stages.PeakResidentKiB),
        };
        // The logs of failed boots are in it, and some of those are in no other file: what a cloud-config printed is for root and its group.
        Apply([new WriteFile(StepClass.Degraded, SystemPaths.Report, report.ToJson()) { Mode = Octal.O640 }]);
        Verdict(report.Verdict, Request.Slot.Name(), (report.StageMicroseconds / 1000).ToString(), report.PeakResidentKiB.ToString());
    }

    /// <summary>Gives the initrd's memory back and ends whatever a stage left running.</summary>
    public void LeaveInitrd()
    {
        stages.Dispose();
        foreach (var leftover in Processes.EndAllOthers()) Ended(leftover.Pid.ToString(), leftover.Program);
        oldRoot?.FreeOldRoot();
        oldRoot?.Dispose();
        log.Dispose();
        watchdog.Dispose();
    }

    /// <summary>The real init gets the words the kernel did not know, and the kernel's environment, as if it had been started at once.</summary>
    public void HandOver(string init, string[] arguments)
    {
        var environment = FileText.Read("/proc/self/environ").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        using var times = IsSystemd(init) ? TimesForSystemd() : null;
        // In front: where systemd meets a word it does not know it reads no further.
        if (times is not null) arguments = ["--switched-root", "--system", "--deserialize", times.Descriptor.ToString(), .. arguments];
        Syscall.Exec(init, arguments, environment);
    }

    /// <summary>
    /// When the initrd began, in the file that a systemd before the switch of the root leaves to the one after it: systemd-analyze then has the
    /// initrd's time apart from the kernel's. Nothing else is in it, and nothing else changes: with --switched-root systemd sets everything up
    /// as at any start (its src/core/main.c, early_skip_setup_check; manager-serialize.c for the line: microseconds of the real and of the
    /// monotonic clock), and it closes the descriptor.
    /// </summary>
    private FileHandle? TimesForSystemd()
    {
        var realTime = Syscall.UnixTimeMicroseconds() - (Syscall.BootTimeMicroseconds() - start);
        try { return Syscall.InheritedFile("kairos-boot-times", Encoding.ASCII.GetBytes($"initrd-timestamp={realTime} {start}\n\n")); }
        catch (SyscallException) { return null; } // a time in a table is not worth a boot
    }

    private static bool IsSystemd(string init)
    {
        using var program = Syscall.TryOpen(init, OpenFlags.Path);
        return program is not null && Syscall.ReadLink("/proc/self/fd/" + program.Descriptor).EndsWith("/systemd/systemd", StringComparison.Ordinal);
    }

    // Numbers are passed as text: every other combination of types would cost PID 1 code of its own.
    [LoggerMessage(Level = LogLevel.Information, Message = "verdict {Verdict}: {Slot} ready after {Milliseconds} ms, {PeakKiB} KiB at most")]
    private partial void Verdict(string verdict, string slot, string milliseconds, string peakKiB);

    [LoggerMessage(Level = LogLevel.Warning, Message = "ended process {Pid} ({Program}) that a cloud-config stage left running")]
    private partial void Ended(string pid, string program);
}
