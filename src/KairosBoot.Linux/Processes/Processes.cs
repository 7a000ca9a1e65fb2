using System.Globalization;

namespace KairosBoot.Linux;

/// <summary>A process of userland that is still running.</summary>
public sealed record LeftoverProcess(int Pid, string Program);

/// <summary>The processes of the machine, from /proc.</summary>
public static class Processes
{
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

    /// <summary>Kills every process except this one. Kernel threads have no program and are skipped.</summary>
    /// <returns>The killed processes.</returns>
    public static List<LeftoverProcess> EndAllOthers()
    {
        var ended = new List<LeftoverProcess>();
        foreach (var name in Syscall.ReadDirectory("/proc"))
        {
            if (!int.TryParse(name, CultureInfo.InvariantCulture, out var pid) || pid == Syscall.GetPid()) continue;
            try
            {
                var program = Syscall.ReadLink($"/proc/{pid}/exe");
                Syscall.Kill(pid, Syscall.SIGKILL);
                ended.Add(new(pid, program));
            }
            catch (SyscallException) { } // a kernel thread, or it has ended
        }
        ChildProcess.ReapOrphans();
        return ended;
    }
}
