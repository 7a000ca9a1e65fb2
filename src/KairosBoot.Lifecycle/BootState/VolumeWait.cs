using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The wait of a recovery system that runs because a volume failed, and its end: a reboot into the normal order.</summary>
public static class VolumeWait
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>The value of <c>kairosboot.volume-retries=</c> of the running system.</summary>
    public static int Retries => BootRequestParser.Parse(KernelCommandLine.Parse(FileText.Read("/proc/cmdline"))).VolumeRetries;

    /// <summary>Waits until the normal order should be tried again, and reboots.</summary>
    /// <param name="log">Receives the reason.</param>
    /// <exception cref="OperatorException">Recovery does not run because of a volume, or it cannot be rebooted.</exception>
    public static void Run(Action<string> log)
    {
        var fault = ReadFault();
        string? reason;
        while ((reason = Reason(fault)) is null) Thread.Sleep(Interval);
        log($"{reason}; rebooting into the normal order");
        RebootProgram.Run();
    }

    private static VolumeFault ReadFault()
    {
        using var location = BootStateLocation.Open(null);
        var counters = BootStateFile.Read(location.Block).Counters;
        return location.Booted is { } booted && counters.RunsForVolume(booted.Slot, Retries) ? counters.VolumeFault!
            : throw new OperatorException("this system does not run because a volume failed", "reboot, or see kboot status");
    }

    // A volume is mounted only to decide: not while somebody uses it.
    private static string? Reason(VolumeFault fault)
    {
        var isInUse = IsInUse;
        return VolumeRetry.Decide(fault, Retries, TimeSpan.FromMicroseconds(Syscall.BootTimeMicroseconds()),
            !isInUse && IsWhole(fault), isInUse);
    }

    private static bool IsInUse => Processes.HasLogin() || RunningWork.Exists(RunningWork.Change) || RunningWork.Exists(RunningWork.Stage);

    // A mount is the only proof. The mount is read-only, and nothing else sees it.
    private static bool IsWhole(VolumeFault fault)
    {
        if (DeviceRef.TryParse(fault.Volume) is not { } wanted) return false;
        try
        {
            var device = VolumeSearch.IsSystemLabel(wanted) ? StatePartition.FindDevice("", wanted.Value)
                : DeviceSearch.Find(wanted, BlockDeviceScan.All(new Dictionary<string, BlockDevice>()), bootDisk: null,
                    onBootDiskOnly: false).Device;
            if (device is not { Superblock: { Mountable: true, NeedsCheck: null } }) return false;
            if (MountTable.Read().Any(mount => mount.Source == device.Node)) return true;
            using (StatePartition.Mount(device)) return true;
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { return false; }
    }
}
