using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Adds the running boot to the list of good boots on COS_OEM.</summary>
internal static class BootHistory
{
    private const string BootId = "/proc/sys/kernel/random/boot_id";

    /// <summary>Never fails: a boot is good without its line in the list.</summary>
    /// <param name="counters">The counters before the boot was marked good; null: it is not counted.</param>
    /// <returns>Empty, or the end of a sentence that says why the list is unchanged.</returns>
    internal static string Record(BootCounters? counters)
    {
        // A machine without COS_OEM has no list.
        if (MountTable.Find(SystemPaths.Oem) is null || Entry(counters) is not { } boot) return "";
        try
        {
            GoodBootStore.Add(SystemPaths.Oem, boot);
            return "";
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { return $"; the list of boots is unchanged: {e.Message}"; }
    }

    /// <summary>The entry of the running boot, as if it were marked good now. Null: its report cannot be read.</summary>
    internal static GoodBoot? Entry(BootCounters? counters)
    {
        if (RunningReport() is not { Slot: { } slot } report || FileText.TryReadAttribute(BootId) is not { Length: > 0 } id) return null;
        var boot = GoodBoot.Of(report, id, Syscall.UnixTimeSeconds(), Syscall.BootTimeMicroseconds());
        if (counters is null || boot is null) return boot;
        var reason = FallbackReason.Of(counters, slot, report.Why, VolumeWait.Retries);
        return boot with { Lost = LostBoot.Count(counters, slot), Why = reason is null ? boot.Why : "fallback", Reason = reason ?? "" };
    }

    private static ReportedBoot? RunningReport()
    {
        try
        {
            return BoundedFile.TryReadText(SystemPaths.Report, ReadLimit.SystemFile) is { } json ? ReportReader.TryRead(json) : null;
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { return null; }
    }
}
