using System.Collections.Immutable;
using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>The end of the initrd: the image becomes the root, and its init becomes PID 1.</summary>
internal sealed class HandOver(BootClock clock, Devices devices, StageProcess stages, Watchdog watchdog, BootLog log)
{
    private readonly MessageLog logger = log;
    private SwitchRoot? oldRoot;

    /// <summary>The image is /.</summary>
    public bool HasNewRoot => oldRoot is not null;

    /// <summary>/sysroot becomes /.</summary>
    /// <param name="moved">Mounts that are moved to the new root.</param>
    public void EnterNewRoot(ImmutableArray<string> moved)
    {
        devices.Dispose();
        oldRoot = SwitchRoot.Enter(SystemPaths.Sysroot, moved);
    }

    /// <summary>Frees the memory of the initrd and ends every process that a stage left running.</summary>
    public void LeaveInitrd()
    {
        stages.Dispose();
        foreach (var process in Processes.EndAllOthers()) Ended(process);
        oldRoot?.FreeOldRoot(PathParts.NameOf(SystemPaths.Kept));
        oldRoot?.Dispose();
        log.Dispose();
        watchdog.Dispose();
    }

    /// <summary>
    /// Starts init with the words that the kernel did not know and the kernel's environment, as the kernel would start it. Does not return.
    /// </summary>
    public void Start(string init, string[] arguments)
    {
        var environment = FileText.Read("/proc/self/environ").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        using var times = IsSystemd(init) ? TimesForSystemd() : null;
        // In front: systemd stops reading at a word that it does not know.
        if (times is not null) arguments = ["--switched-root", "--system", "--deserialize", times.Descriptor.ToString(), .. arguments];
        Syscall.Exec(init, arguments, environment);
    }

    /// <summary>
    /// The time at which the initrd started, in the file that a systemd in the initrd leaves to the systemd of the new root:
    /// systemd-analyze then shows the time of the initrd apart from that of the kernel. Nothing else is in it, and nothing else changes:
    /// with --switched-root systemd sets everything up as at any start (its src/core/main.c, early_skip_setup_check; manager-serialize.c
    /// for the line: microseconds of the real and of the monotonic clock), and it closes the descriptor.
    /// </summary>
    private FileHandle? TimesForSystemd()
    {
        var realTime = Syscall.UnixTimeMicroseconds() - (Syscall.BootTimeMicroseconds() - clock.Start);
        try
        {
            return Syscall.InheritedFile("kairos-boot-times",
            Encoding.ASCII.GetBytes($"initrd-timestamp={realTime} {clock.Start}\n\n"));
        }
        catch (SyscallException) { return null; } // not worth a failed boot
    }

    private static bool IsSystemd(string init)
    {
        using var program = Syscall.TryOpen(init, OpenFlags.Path);
        return program is not null
            && Syscall.ReadLink("/proc/self/fd/" + program.Descriptor).EndsWith("/systemd/systemd", StringComparison.Ordinal);
    }

    private void Ended(string process) =>
        logger.Write(LogLevel.Warning, $"ended process {process} that a cloud-config stage left running");
}
