using System.Collections.Immutable;
using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Finds the disks and partitions of a boot, and waits for those that are missing.</summary>
internal sealed class Devices(KernelModules modules, Watchdog watchdog, BootRecord record, BootClock clock, MessageLog logger) : IDisposable
{
    // A volume of the user gets this long to appear; a volume of the system has the whole deadline.
    private static readonly TimeSpan OtherVolumes = TimeSpan.FromSeconds(10);

    // From the start of PID 1. Until then no disk is chosen while drivers are still finding others, which may be copies of it. A disk that
    // does not answer costs a boot this time.
    private static readonly TimeSpan DriversLimit = TimeSpan.FromSeconds(5);

    private readonly BootDiskChoice choice = new(modules, record);
    private DeviceWatch? watch;
    private bool isClosed;

    /// <summary>Block devices seen so far.</summary>
    public ImmutableArray<BlockDevice> Seen => watch?.Devices ?? [];

    /// <summary>Waits until the boot disk appears, and as long as it cannot be distinguished from another disk.</summary>
    /// <exception cref="BootFailureException">It did not appear, or cannot be used.</exception>
    public BootDisk FindBootDisk(BootRequest request)
    {
        var devices = StartWatch();
        clock.EndPhase("drivers");
        var oemDeadline = clock.DeadlineAfter(request.OemTimeout);
        BootDiskDecision Decide(ImmutableArray<BlockDevice> seen, bool final) =>
            choice.Decide(request, seen, final, oemTimedOut: final || Syscall.BootTimeMicroseconds() >= oemDeadline);
        bool Decided(ImmutableArray<BlockDevice> seen) => Decide(seen, false) is { Missing.IsEmpty: true, AwaitsLoadersDisk: false };
        var deadline = clock.DeadlineAfter(request.DeviceTimeout);
        devices.WaitUntil(Decided, Math.Min(oemDeadline, deadline), Missing, deadline);
        if (choice.Deadline is { } comparison) devices.WaitUntil(Decided, Math.Min(comparison, deadline), Missing, deadline);
        devices.WaitUntil(Decided, deadline, Missing);
        var decision = WaitForOperator(devices, () => Decide(Seen, final: true));
        if (decision.Disk is { } disk)
        {
            choice.Use(disk);
            clock.EndPhase("disk");
            NoteDamage(disk);
            return disk;
        }
        throw new BootFailureException(decision.Fault is { } fault ? Unusable(request, fault) : Missed(request, decision.Missing[0]));

        string Missing() => Decide(Seen, final: false) is { AwaitsLoadersDisk: false } now
            ? string.Join(", ", now.Missing) : "a disk with the boot counters that the loader reported";
    }

    // A later attempt uses the same watch: only the watch knows which disks were announced.
    private DeviceWatch StartWatch()
    {
        if (watch is null || isClosed) watch = new DeviceWatch(modules, logger, watchdog);
        else watch.Rescan();
        isClosed = false;
        watch.Settle(clock.DeadlineAfter(DriversLimit));
        return watch;
    }

    // A reboot would only cost a try: the loader would count it on a disk that nothing may write to. Once a disk is detached, the boot
    // continues with the try that it has.
    private BootDiskDecision WaitForOperator(DeviceWatch devices, Func<BootDiskDecision> decide)
    {
        var decision = decide();
        while (decision.Refusal is { } refusal)
        {
            var text = $"{refusal.Problem}\nto fix: {refusal.Fix}";
            record.Note(StepClass.Degraded, text);
            while (!devices.WaitUntil(_ => (decision = decide()).Refusal?.Problem != refusal.Problem, AfterMinute(), null))
            {
                using var log = new KernelLog();
                log.Write(2, text);
            }
        }

        return decision;
    }

    // A console that is connected later must show why the machine waits.
    private static long AfterMinute() => Syscall.BootTimeMicroseconds() + (long)TimeSpan.FromMinutes(1).TotalMicroseconds;

    /// <summary>The counters of the disk are not those that the loader reported, and it was not compared with other disks yet.</summary>
    public bool MustCompare(BootRequest request, BootBlock counters) =>
        !choice.IsCompared && LoaderTrace.Difference(request, counters) is not null;

    /// <summary>The next search compares the counters of all candidates, also of a single one.</summary>
    public void CompareDisks() => choice.CompareAlways();

    /// <summary>Reports disks that are not used: copies of the boot disk, and those that did not answer.</summary>
    public void ReportUnused(BootRequest request, BootDisk disk)
    {
        choice.ReportIgnored(request, disk, Seen);
        const string Fix = "; to fix: detach or replace the device";
        if (watch!.Unfinished is { Length: > 0 } text) record.Note(StepClass.Degraded, text + Fix);
        string? named = null;
        foreach (var device in Seen) // a disk comes before its partitions
        {
            if (!device.IsSilent || device.Disk == named) continue;
            named = device.Disk;
            record.Note(StepClass.Degraded, $"the disk /dev/{named} does not answer" + Fix);
        }
    }

    // An examination finds more about a device without a known file system than the scan.
    private BootFailure Unusable(BootRequest request, DeviceFault fault)
    {
        fault = DeviceFault.Of(BlockDeviceScan.Examine([fault.Device])[0]) ?? fault;
        return Failure(FailureKind.ImagesUnmountable, request, request.ImagePartition.ToString() + ": " + fault.Problem, fault.Fix,
            isReadError: fault.Kind == DeviceFaultKind.Unreadable);
    }

    private BootFailure Missed(BootRequest request, DeviceRef missing)
    {
        var text = missing.ToString() + " did not appear within " + ((int)request.DeviceTimeout.TotalSeconds).ToString() + " s";
        var fault = FaultSearch.Behind(missing, Examined(), bootDisk: null, onBootDiskOnly: false);
        if (fault is { HasWantedName: true }) text = missing.ToString() + ": " + fault.Problem;
        else if (fault is not null) text += FaultSearch.Suspect + fault.Problem;
        return Failure(FailureKind.ImagesMissing, request, text, fault?.Fix
            ?? "connect the disk, label the partition, or add its driver to the initrd (kboot initrd build --modules)", isReadError: false);
    }

    private BootFailure Failure(FailureKind kind, BootRequest request, string text, string fix, bool isReadError) =>
        new(kind, text + ": " + MissingDevices.Purpose(request) + "\n" + DescribeSeen(kind == FailureKind.ImagesMissing), fix)
        {
            IsReadError = isReadError,
        };

    private void NoteDamage(BootDisk disk)
    {
        if (disk.OemProblem is { } problem) record.Note(StepClass.Degraded, $"{SystemPaths.Oem}: {problem}");
        // The images' own fsck is inside one of them, so nothing here can check them before they are used, and they are only read.
        if (disk.Images is { Superblock.NeedsCheck: { } reason } images)
        {
            record.Note(StepClass.Degraded, $"{images.Superblock.Label} on {images.Node} {reason}; " +
                $"run fsck.{images.Superblock.Type} -y {images.Node} from a system that does not lie on it");
        }
    }

    /// <summary>True where recovery can be booted instead of the slot of this request.</summary>
    public bool HasRecovery(BootRequest request) => watch is not null && request.Slot != Slot.Recovery &&
        choice.Decide(request.ForSlot(Slot.Recovery), Seen, final: true, oemTimedOut: true).Disk is not null;

    /// <summary>COS_STATE of the boot disk, where it is not the partition of the booted image; null where there is none.</summary>
    public BlockDevice? FindState(BootDisk disk) =>
        DeviceSearch.Find(DeviceRef.Label(SystemPaths.StateLabel), Seen, disk.Disk, onBootDiskOnly: true).Device;

    /// <summary>As <see cref="BootDiskChoice.MountOem"/>.</summary>
    public StatePartition? MountOem(BootRequest request) => choice.MountOem(request, Seen);

    /// <summary>Waits for the volumes of the layout: for volumes of the system as long as for the boot disk, for others and for the device
    /// of the overlays a few seconds.</summary>
    /// <exception cref="BootFailureException">A required one is missing.</exception>
    public ImmutableArray<FoundVolume> FindVolumes(BootRequest request, Layout layout, BootDisk disk)
    {
        VolumeDecision Decide(ImmutableArray<BlockDevice> seen) => VolumeSearch.Decide(layout, request, seen, disk);
        bool AwaitsOverlay(ImmutableArray<BlockDevice> seen) =>
            layout.Overlay.Device is { } wanted && DeviceSearch.Find(wanted, seen, disk.Disk, onBootDiskOnly: false).Missing;
        var others = Syscall.BootTimeMicroseconds() + (long)OtherVolumes.TotalMicroseconds;
        var end = HasRequired(Decide(Seen).Awaited) ? clock.DeadlineAfter(request.DeviceTimeout) : 0;
        watch!.WaitUntil(seen => Decide(seen).Awaited.IsEmpty && !AwaitsOverlay(seen), others, Missing, end);
        watch.WaitUntil(seen => !HasRequired(Decide(seen).Awaited), end, Missing);
        var decision = Decide(Seen);
        if (decision.HasProblem)
            decision = VolumeSearch.Decide(layout, request, Examined(), disk, final: true);
        foreach (var volume in decision.Volumes) NoteProblem(volume);
        return decision.Volumes;

        string Missing() => Decide(Seen).Awaited is { IsEmpty: false } awaited ? string.Join(", ", awaited)
            : "OVERLAY=" + layout.Overlay.Device!.ToString();
    }

    private static bool HasRequired(ImmutableArray<VolumeRequest> volumes)
    {
        foreach (var volume in volumes)
            if (volume.Class == StepClass.Required) return true;
        return false;
    }

    private void NoteProblem(FoundVolume volume)
    {
        if (volume.Note is { } note) record.Note(StepClass.Optional, "volume " + note);
        if (volume.Problem is not { } problem) return;
        if (volume.ProblemClass == StepClass.Required)
        {
            var isMissing = !VolumeSearch.IsSystemLabel(volume.Request.Device);
            throw new BootFailureException(new(FailureKind.VolumeUnusable, problem.Problem + "\n" + DescribeSeen(isMissing), problem.Fix)
            {
                Volume = VolumeFault.Of(VolumeFault.Unusable, volume.Request.Device.ToString()),
            });
        }

        record.Note(volume.ProblemClass, "volume " + problem.Problem + "; to fix: " + problem.Fix);
    }

    /// <summary>The device of the overlays; null where they live in memory.</summary>
    public BlockDevice? FindOverlayDevice(Layout layout, BootDisk disk)
    {
        if (layout.Overlay.Device is not { } wanted) return null;
        var found = DeviceSearch.Find(wanted, Seen, disk.Disk, onBootDiskOnly: false);
        if (found.Device is { Superblock.Mountable: true } device) return device;
        var seen = Examined();
        if (FaultSearch.Problem("OVERLAY=" + wanted.ToString(), found, seen, disk.Disk, onBootDiskOnly: false) is { } problem)
            record.Note(StepClass.Degraded, problem.Problem + "; the overlays live in memory instead; to fix: " + problem.Fix);
        return null;
    }

    /// <summary>Reads all devices again after a stage: a command may have created a file system, for which the kernel sends no
    /// event.</summary>
    public void ReadAgain() => watch!.Rescan();

    /// <param name="isMissing">A device is missing that an absent driver may hide.</param>
    private string DescribeSeen(bool isMissing) =>
        MissingDevices.Seen(Seen, watch!.Unfinished, modules, isMissing);

    private ImmutableArray<BlockDevice> Examined() => BlockDeviceScan.Examine(watch!.WithSilentDisks);

    /// <summary>Ends the watch. Its socket must not be handed over.</summary>
    public void Dispose()
    {
        watch?.Dispose();
        isClosed = true;
    }
}
