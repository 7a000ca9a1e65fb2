using KairosBoot.Linux;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>The programs that this process has started and waits for.</summary>
public static class RunningPrograms
{
    private const int Terminate = 15, Kill = 9;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10), Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Sends SIGTERM to the process group of each. After ten seconds sends SIGKILL.</summary>
    public static void End()
    {
        Signal(Terminate);
        for (var waited = TimeSpan.Zero; waited < Grace && Children().Count > 0; waited += Interval) Syscall.Pause(Interval);
        Signal(Kill);
    }

    private static void Signal(int signal)
    {
        foreach (var child in Children())
        {
            try { Syscall.Kill(-child, signal); }
            catch (SyscallException) { } // it has already ended
        }
    }

    private static List<int> Children()
    {
        var children = new List<int>();
        foreach (var thread in Syscall.ReadDirectoryIfThere("/proc/self/task"))
        {
            foreach (var word in (FileText.TryReadAttribute($"/proc/self/task/{thread}/children") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                if (int.TryParse(word, out var child)) children.Add(child);
        }

        return children;
    }
}
