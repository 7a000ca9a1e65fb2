using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// A process for work with a device that may never answer: the kernel then blocks it, and no signal ends that. Nobody waits for it.
/// </summary>
internal static unsafe class StorageDaemon
{
    private const int SYS_close_range = 436; // the same number on all architectures
    private const int ArgumentsField = 45; // arg_start of proc(5), counted from the field after the name

    /// <param name="kept">The only descriptor of this process that the other one gets: its descriptor 0.</param>
    /// <param name="work">What it does; then it ends.</param>
    /// <returns>False: there is no memory for a process.</returns>
    public static bool Start(FileHandle kept, Action work)
    {
        var pid = ForkedProcess.Fork();
        if (pid == 0) Become(kept, work);
        return pid > 0;
    }

    private static void Become(FileHandle kept, Action work)
    {
        try
        {
            LibC.dup2(kept.Descriptor, 0);
            // This process may never end, so it must hold nothing open: neither the watchdog nor the kernel's events.
            LibC.syscall(SYS_close_range, 1, uint.MaxValue, 0);
            Mark();
            work();
        }
        // Must not return: after the caller comes the work of the parent process.
        finally { Native._exit(0); }
    }

    // A shutdown must not wait for the end of this process. Who ends all processes spares those whose first argument starts with '@'.
    private static void Mark()
    {
        var status = FileText.TryReadAttribute("/proc/self/stat") ?? "";
        var fields = status[(status.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length > ArgumentsField && ulong.TryParse(fields[ArgumentsField], out var address) && address > 0)
            *(byte*)address = (byte)'@';
    }
}
