using System.Text.Json;
using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Watches whether the running system reports good in time, and reboots it if it does not.</summary>
public static class GoodWatch
{
    // In /run, so it belongs to this boot. It has the number of times that the limit was prolonged.
    private const string ProlongedMark = SystemPaths.Runtime + "/good-within";

    private const int MinuteSeconds = 60;

    // Units get 90 s each to stop (DefaultTimeoutStopSec of systemd); some are stopped after others.
    private static readonly TimeSpan OrderlyReboot = TimeSpan.FromMinutes(5), SyncLimit = TimeSpan.FromSeconds(10);

    /// <summary>The booted system has reported good.</summary>
    internal static void MarkGood()
    {
        try { FileText.Write(SystemPaths.GoodMark, ""); }
        catch (SyscallException) { } // kairos-boot did not start this system, or it is not run by root
    }

    /// <summary>What would follow now, and what is wrong with the kernel option; null: nothing.</summary>
    public static (GoodDecision Decision, string? Problem) Look()
    {
        var limit = GoodDeadline.LimitOf(KernelCommandLine.Parse(FileText.Read("/proc/cmdline")));
        var problem = limit is null
            ? $"{GoodDeadline.Option} is not valid (expected {GoodDeadline.Form}); {GoodDeadline.DefaultSeconds / 60}m is used" : null;
        var (slot, isCounted) = ReadReport();
        return (GoodDeadline.Decide(new(slot, isCounted, Syscall.TryStat(SystemPaths.GoodMark) is not null,
            // The time of operators in the initrd is not the system's.
            Syscall.BootTimeMicroseconds() / 1_000_000 - ReadNumber(SystemPaths.HeldSeconds))
        {
            LimitSeconds = limit ?? GoodDeadline.DefaultSeconds, Prolonged = ReadProlonged(),
            StageRuns = slot is not null && RunningWork.Exists(RunningWork.Stage),
            IsChanging = slot is not null && RunningWork.Exists(RunningWork.Change),
        }), problem);
    }

    /// <summary>Returns when the system is good, or the limit does not apply. Reboots when the time is over.</summary>
    /// <param name="report">Receives a line for each thing worth knowing.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public static void Run(Action<string> report, CancellationToken cancellationToken)
    {
        if (Look().Problem is { } problem) report(problem);
        while (!cancellationToken.IsCancellationRequested)
        {
            var (decision, _) = Look();
            if (decision.Action == GoodAction.End) return;
            if (decision.Action == GoodAction.Reboot)
            {
                Reboot(report);
                return;
            }

            if (decision.Prolonged != ReadProlonged())
            {
                FileText.Write(ProlongedMark, decision.Prolonged.ToString());
                report($"a cloud-config stage is still running: {GoodDeadline.ProlongSeconds / 60} minutes more");
            }

            var seconds = decision.SecondsLeft > 0 ? Math.Min(decision.SecondsLeft, MinuteSeconds) : MinuteSeconds;
            cancellationToken.WaitHandle.WaitOne(TimeSpan.FromSeconds(seconds));
        }
    }

    private static void Reboot(Action<string> report)
    {
        var seconds = Syscall.BootTimeMicroseconds() / 1_000_000;
        var time = seconds < 2 * MinuteSeconds ? $"{seconds} s" : $"{seconds / MinuteSeconds} min";
        var reason = $"the system did not report good within {time} of its start ({GoodDeadline.Option}=)";
        report(reason + "; rebooting");
        Keep(reason, report);
        try
        {
            RebootProgram.Run();
            Syscall.Pause(OrderlyReboot);
            report("reboot did not end the system; resetting the machine");
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { report($"{e.Message}; resetting the machine"); }

        // A disk that does not answer must not keep the machine.
        var sync = new Thread(Syscall.Sync) { IsBackground = true };
        sync.Start();
        sync.Join(SyncLimit);
        Syscall.Reboot(RebootCommand.Restart);
    }

    // The next boot reports it.
    private static void Keep(string reason, Action<string> report)
    {
        var record = new FailureRecord
        {
            Time = Syscall.UnixTimeSeconds(), BootId = FileText.TryReadAttribute("/proc/sys/kernel/random/boot_id") ?? "",
            Slot = ReadReport().Slot, Kernel = Syscall.KernelRelease(), Problem = reason,
            Fix = "find what kept kboot assess good from running: systemctl list-jobs, systemctl status boot-complete.target, " +
                "journalctl -b -1",
        };
        foreach (var place in (string[])[SystemPaths.Oem, SystemPaths.State])
        {
            if (!MountTable.Read().Any(mount => mount.MountPoint == place)) continue;
            try
            {
                FailureStore.Add(place, record);
                return;
            }
            catch (Exception e) when (e is SyscallException or OperatorException)
            {
                report($"cannot store the reason in {place}: {e.Message}");
            }
        }
    }

    private static (Slot? Slot, bool IsCounted) ReadReport()
    {
        if (Syscall.TryStat(SystemPaths.Report) is null) return (null, false);
        using var report = JsonDocument.Parse(FileText.Read(SystemPaths.Report));
        var slot = SlotNames.TryParse(report.RootElement.GetProperty("slot").GetString());
        return (slot, report.RootElement.TryGetProperty("assessment", out var assessment)
            && assessment.GetProperty("countedBy").GetString() is "loader" or "initrd");
    }

    private static int ReadProlonged() => ReadNumber(ProlongedMark);

    private static int ReadNumber(string path) => int.TryParse(FileText.TryReadAttribute(path), out var number) ? number : 0;
}
