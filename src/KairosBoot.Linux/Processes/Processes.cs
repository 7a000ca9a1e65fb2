using System.Globalization;

namespace KairosBoot.Linux;

/// <summary>A process of userland that is still running.</summary>
public sealed record LeftoverProcess(int Pid, string Program);

/// <summary>The processes of the machine, from /proc.</summary>
public static class Processes
{
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
