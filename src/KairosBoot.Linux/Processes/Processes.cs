using System.Globalization;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>The processes of the machine, from /proc.</summary>
public static class Processes
{
    private static readonly TimeSpan TermLimit = TimeSpan.FromSeconds(2), KillLimit = TimeSpan.FromSeconds(1);

    // USER_HZ of all architectures that .NET runs on.
    private const int TicksPerSecond = 100;

    // Linux' Documentation/admin-guide/devices.txt: UNIX98 PTY slaves.
    private const int FirstPseudoTerminal = 136, LastPseudoTerminal = 143;

    /// <summary>
    /// Somebody works at a terminal: a process belongs to a pseudo-terminal, or a login shell to any terminal. A login shell's name starts
    /// with a dash. /run/utmp would not do: musl has none.
    /// </summary>
    public static bool HasLogin()
    {
        foreach (var name in Syscall.ReadDirectory("/proc"))
        {
            if (!int.TryParse(name, CultureInfo.InvariantCulture, out _)) continue;
            // proc(5): the name in parentheses may contain anything; the terminal is the fifth field after it.
            var stat = FileText.TryReadAttribute($"/proc/{name}/stat") ?? "";
            var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ');
            if (fields.Length < 6 || !int.TryParse(fields[5], CultureInfo.InvariantCulture, out var terminal) || terminal == 0) continue;
            if ((terminal >> 8 & 0xFFF) is >= FirstPseudoTerminal and <= LastPseudoTerminal) return true;
            if (FileText.TryReadAttribute($"/proc/{name}/cmdline") is ['-', ..]) return true;
        }
        return false;
    }

    /// <summary>A worker thread of the kernel is busy that is bound to no CPU. Such threads start devices in the background.</summary>
    // The name of a worker is "kworker/u4:1" or longer; the state I means idle: Documentation/core-api/workqueue.rst, proc(5).
    public static bool HasBusyKernelWorker() => Any(stat => stat.Contains("(kworker/u", StringComparison.Ordinal) && !IsIn(stat, 'I'));

    /// <summary>A process waits in the kernel for a device, beyond signals, or a worker thread of the kernel is busy.</summary>
    public static bool MayBeStuck() => Any(stat => IsIn(stat, 'D')) || HasBusyKernelWorker();

    // proc(5): the state follows the name, which is in parentheses.
    private static bool IsIn(string stat, char state)
    {
        var place = stat.LastIndexOf(')') + 2;
        return place < stat.Length && stat[place] == state;
    }

    private static bool Any(Predicate<string> holds)
    {
        foreach (var name in Syscall.ReadDirectory("/proc"))
            if (char.IsAsciiDigit(name[0]) && holds(FileText.TryReadAttribute($"/proc/{name}/stat") ?? "")) return true;
        return false;
    }

    /// <summary>
    /// Ends every process except this one with SIGTERM, and those that are left two seconds later with SIGKILL. Skips kernel threads, which
    /// have no program, and the daemons of storage that the root may need: their first argument starts with '@'
    /// (https://systemd.io/ROOT_STORAGE_DAEMONS).
    /// </summary>
    /// <returns>The processes that were running: <c>12 (/bin/sleep)</c>, <c>13 (/bin/sh, killed)</c>.</returns>
    public static List<string> EndAllOthers()
    {
        var ended = new List<string>();
        // Every process with a program descends from PID 1, and orphans become its children.
        if (Syscall.GetPid() == 1 && !ChildProcess.ReapOrphans()) return ended;
        // Again: those that ignored the signal, and those that they have started since.
        if (EndAllOthers(LibC.SIGTERM, TermLimit, ended)) EndAllOthers(Syscall.SIGKILL, KillLimit, ended);
        return ended;
    }

    /// <summary>
    /// Ends the processes that were started since then in the same way, also those that left the session or the process group of their
    /// parent.
    /// </summary>
    /// <param name="microseconds">On the clock of the boot.</param>
    public static void EndStartedSince(long microseconds)
    {
        var ended = new List<string>();
        var ticks = microseconds / (1_000_000 / TicksPerSecond);
        if (EndAllOthers(LibC.SIGTERM, TermLimit, ended, ticks)) EndAllOthers(Syscall.SIGKILL, KillLimit, ended, ticks);
    }

    // proc(5): the start time is the twentieth field after the name, in ticks of which user space always sees a hundred in a second.
    private static bool StartedSince(string process, long ticks)
    {
        const int StartField = 20;
        var stat = FileText.TryReadAttribute($"/proc/{process}/stat") ?? "";
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ');
        return fields.Length > StartField && long.TryParse(fields[StartField], CultureInfo.InvariantCulture, out var start)
            && start >= ticks;
    }

    /// <summary>True: a process was running.</summary>
    private static bool EndAllOthers(int signal, TimeSpan limit, List<string> ended, long sinceTicks = 0)
    {
        var deadline = Syscall.BootTimeMicroseconds() + (long)limit.TotalMicroseconds;
        var running = new List<FileHandle>();
        foreach (var name in Syscall.ReadDirectory("/proc"))
        {
            if (!int.TryParse(name, CultureInfo.InvariantCulture, out var pid) || pid == Syscall.GetPid()) continue;
            if (sinceTicks > 0 && !StartedSince(name, sinceTicks)) continue;
            try
            {
                var program = $"/proc/{name}/exe";
                if (Syscall.TryStat(program) is null || FileText.TryReadAttribute($"/proc/{name}/cmdline") is ['@', ..]) continue;
                running.Add(ChildProcess.PidFd(pid, name + " (" + Syscall.ReadLink(program)));
                Syscall.Kill(pid, signal);
            }
            catch (SyscallException) { } // it has ended
        }

        foreach (var process in running)
        {
            using var end = process;
            var hasEnded = ChildProcess.AwaitEnd(end, deadline);
            if (signal == Syscall.SIGKILL) ended.Add(end.Path + (hasEnded ? ", killed)" : ", which does not end)"));
            else if (hasEnded) ended.Add(end.Path + ")");
        }

        ChildProcess.ReapOrphans();
        return running.Count > 0;
    }
}
