using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Stores the reason of a failed boot where the next good boot of any slot finds it.</summary>
internal static class FailureKeeping
{
    // OEM, mounted here; then the places before and after the switch of the root. OEM first: all slots mount it, but recovery has another
    // partition of images.
    private static readonly string[] Places =
        ["", SystemPaths.Sysroot + SystemPaths.Oem, SystemPaths.Oem, SystemPaths.State, SystemPaths.Sysroot + SystemPaths.State];

    /// <param name="failure">What ended the boot.</param>
    /// <param name="request">Null where the boot ended before it had read its command line.</param>
    public static FailureRecord ToRecord(BootFailure failure, BootRequest? request) => new()
    {
        Time = Syscall.UnixTimeSeconds(), BootId = FileText.TryReadAttribute("/proc/sys/kernel/random/boot_id") ?? "",
        Slot = request?.Slot, Image = request?.ImagePath ?? "", Kernel = Syscall.KernelRelease(),
        Problem = failure.Problem, Fix = failure.Fix, Step = failure.Step, Log = BootLog(),
    };

    /// <summary>On the first partition that can be written to, and in pstore (memory of the firmware) where that exists.</summary>
    /// <param name="record">The failure.</param>
    /// <param name="log">Says where.</param>
    /// <param name="mountOem">Mounts COS_OEM if it exists; called only where it is not mounted. Null: it is not looked for.</param>
    public static void Keep(FailureRecord record, KernelLog log, Func<StatePartition?>? mountOem)
    {
        try
        {
            if (Pstore.KeepLogAtRestart()) log.Write(6, "the kernel keeps the end of this log in pstore");
        }
        catch (SyscallException e) { log.Write(4, "the kernel does not keep this log: " + e.Message); }
        var hasOem = MountTable.Find(Places[1]) is not null || MountTable.Find(Places[2]) is not null;
        foreach (var place in Places)
        {
            try
            {
                if (place.Length > 0 ? MountTable.Find(place) is null : hasOem) continue;
                // Nothing waits for a disk here: what the boot has seen so far must be enough.
                using var oem = place.Length > 0 ? StatePartition.Given(place) : mountOem?.Invoke();
                if (oem is null) continue;
                FailureStore.Add(oem.Path, record);
                log.Write(6, "the reason of this failed boot is stored in " + oem.Path + SystemPaths.FailedBoots);
                return;
            }
            catch (Exception e) when (e is SyscallException or OperatorException)
            {
                var where = place.Length > 0 ? place : SystemPaths.OemLabel;
                log.Write(4, string.Concat("cannot store the reason of this failed boot in ", where, ": ", e.Message));
            }
        }
    }

    /// <summary>The log of this boot; empty: it cannot be read.</summary>
    public static string BootLog()
    {
        try { return Read(SystemPaths.Log) ?? Read(SystemPaths.Sysroot + SystemPaths.Log) ?? ""; }
        catch (Exception e) when (e is SyscallException or OperatorException) { return ""; }
    }

    // It holds what cloud-configs print, which may be any amount.
    private static string? Read(string path) => BoundedFile.TryReadText(path, ReadLimit.SystemFile);
}
