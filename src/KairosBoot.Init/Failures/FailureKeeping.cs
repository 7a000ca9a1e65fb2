using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Stores the reason of a failed boot where the next good boot of any slot finds it.</summary>
internal static class FailureKeeping
{
    // Before and after the switch of the root. OEM first: all slots mount it, but recovery has another partition of images.
    private static readonly string[] Places =
        [SystemPaths.Sysroot + SystemPaths.Oem, SystemPaths.Oem, SystemPaths.State, SystemPaths.Sysroot + SystemPaths.State];

    /// <param name="failure">What ended the boot.</param>
    /// <param name="request">Null where the boot ended before it had read its command line.</param>
    public static FailureRecord ToRecord(BootFailure failure, BootRequest? request) => new()
    {
        Time = Syscall.UnixTimeSeconds(), BootId = FileText.TryReadAttribute("/proc/sys/kernel/random/boot_id") ?? "",
        Slot = request?.Slot, Image = request?.ImagePath ?? "", Kernel = Syscall.KernelRelease(),
        Problem = failure.Problem, Fix = failure.Fix, Step = failure.Step, Log = BootLog(),
    };

    /// <summary>On the first partition that can be written to, and in pstore (memory of the firmware) where that exists.</summary>
    public static void Keep(FailureRecord record, KernelLog log)
    {
        try
        {
            if (Pstore.KeepLogAtRestart()) log.Write(6, "the kernel keeps the end of this log in pstore");
        }
        catch (SyscallException e) { log.Write(4, $"the kernel does not keep this log: {e.Message}"); }
        var mounts = MountTable.Read();
        foreach (var place in Places)
        {
            var isMounted = false;
            foreach (var mount in mounts) isMounted |= mount.MountPoint == place;
            if (!isMounted) continue;
            try
            {
                FailureStore.Add(place, record);
                log.Write(6, $"the reason of this failed boot is stored in {place}{SystemPaths.FailedBoots}");
                return;
            }
            catch (Exception e) when (e is SyscallException or OperatorException)
            {
                log.Write(4, $"cannot store the reason of this failed boot in {place}: {e.Message}");
            }
        }
    }

    private static string BootLog()
    {
        try { return Read(SystemPaths.Log) ?? Read(SystemPaths.Sysroot + SystemPaths.Log) ?? ""; }
        catch (Exception e) when (e is SyscallException or OperatorException) { return ""; }
    }

    // It holds what cloud-configs print, which may be any amount.
    private static string? Read(string path) => BoundedFile.TryReadText(path, ReadLimit.SystemFile);
}
