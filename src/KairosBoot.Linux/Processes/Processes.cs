using System.Globalization;

namespace KairosBoot.Linux;

/// <summary>A process of userland that is still there.</summary>
public sealed record LeftoverProcess(int Pid, string Program);

/// <summary>The processes of the machine, from /proc.</summary>
public static class Processes
{
    /// <summary>Ends every process but this one. Kernel threads have no program and are not touched.</summary>
    /// <returns>What there was to end.</returns>
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
            catch (SyscallException) { } // a kernel thread, or gone by itself
        }
        ChildProcess.ReapOrphans();
        return ended;
    }
}
