using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Init;

/// <summary>Finds the disks and partitions of a boot, and waits for those that are missing.</summary>
internal sealed class Devices(KernelModules modules, Watchdog watchdog, BootRecord record, BootClock clock, ILogger logger) : IDisposable
{
    // A volume of the user gets this long to appear; a volume of the system has the whole deadline.
    private static readonly TimeSpan OtherVolumes = TimeSpan.FromSeconds(10);

    private readonly BootDiskChoice choice = new(modules, record);
    private DeviceWatch? watch;

    /// <summary>Block devices seen so far.</summary>
    public ImmutableArray<BlockDevice> Seen => watch?.Devices ?? [];

    /// <summary>Waits until the boot disk appears.</summary>
    /// <exception cref="OperatorException">It cannot be told apart from another disk.</exception>
    /// <exception cref="BootFailureException">It did not appear.</exception>
    public BootDisk FindBootDisk(BootRequest request)
    {
        watch?.Dispose();
        var devices = watch = new DeviceWatch(modules, logger, watchdog);
        clock.EndPhase("drivers");
        var oemDeadline = clock.DeadlineAfter(request.OemTimeout);
        BootDiskDecision Decide(ImmutableArray<BlockDevice> seen, bool final) =>
            choice.Decide(request, seen, final, oemTimedOut: final || Syscall.BootTimeMicroseconds() >= oemDeadline);
        bool Decided(ImmutableArray<BlockDevice> seen) => Decide(seen, false) is { Missing.IsEmpty: true, AwaitsLoadersDisk: false };
        var deadline = clock.DeadlineAfter(request.DeviceTimeout);
        devices.WaitUntil(Decided, Math.Min(oemDeadline, deadline), Missing);
        if (choice.Deadline is { } comparison) devices.WaitUntil(Decided, Math.Min(comparison, deadline), Missing);
        devices.WaitUntil(Decided, deadline, Missing);
        var decision = WaitForOperator(devices, () => Decide(Seen, final: true));
        if (decision.Disk is { } disk)
        {
            choice.Use(disk);
            clock.EndPhase("disk");
            NoteDamage(disk);
            return disk;
        }
        throw new BootFailureException(new(FailureKind.ImagesMissing,
            $"{Missing()} did not appear within {request.DeviceTimeout.TotalSeconds} s: {MissingDevices.Purpose(request)}\n" +
                DescribeSeen())
        {
            Fix = "connect the disk, label the partition, or add its driver to the initrd (kboot initrd build --modules)",
        });

        string Missing() => Decide(Seen, final: false) is { AwaitsLoadersDisk: false } now
            ? string.Join(", ", now.Missing) : "a disk with the boot counters that the loader reported";
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

    /// <summary>Reports copies of the boot disk. They are not used.</summary>
    public void ReportTwins(BootRequest request, BootDisk disk) => choice.ReportIgnored(request, disk, Seen);

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

    /// <summary>Waits for the volumes of the layout: for volumes of the system as long as for the boot disk, for others a few
    /// seconds.</summary>
    /// <exception cref="BootFailureException">A required one is missing.</exception>
    public ImmutableArray<FoundVolume> FindVolumes(BootRequest request, Layout layout, BootDisk disk)
    {
        VolumeDecision Decide(ImmutableArray<BlockDevice> seen) => VolumeSearch.Decide(layout, request, seen, disk);
        var others = Syscall.BootTimeMicroseconds() + (long)OtherVolumes.TotalMicroseconds;
        watch!.WaitUntil(seen => Decide(seen).Awaited.IsEmpty, others, Missing);
        if (HasRequired(layout.Volumes))
            watch.WaitUntil(seen => !HasRequired(Decide(seen).Awaited), clock.DeadlineAfter(request.DeviceTimeout), Missing);
        var decision = Decide(Seen);
        // A required problem is about the first of these.
        VolumeFault? missing = null;
        foreach (var volume in decision.Volumes)
        {
            if (volume.Device is null && volume.Request.Class == StepClass.Required && volume.Policy.Missing != MissingVolume.Tmpfs)
                missing ??= VolumeFault.Of(VolumeFault.Missing, volume.Request.Device.ToString());
        }
        foreach (var problem in decision.Problems) NoteVolume(problem, missing);
        foreach (var volume in decision.Awaited)
            NoteVolume(VolumeSearch.WithMeaning(volume, request.PolicyFor(volume), $"{volume}: no such device appeared"), missing);
        return decision.Volumes;

        string Missing() => string.Join(", ", Decide(Seen).Awaited);
    }

    private static bool HasRequired(ImmutableArray<VolumeRequest> volumes)
    {
        foreach (var volume in volumes)
            if (volume.Class == StepClass.Required) return true;
        return false;
    }

    private void NoteVolume((StepClass Class, string Text) problem, VolumeFault? missing)
    {
        if (problem.Class == StepClass.Required)
        {
            throw new BootFailureException(new(FailureKind.VolumeUnusable, problem.Text + "\n" + DescribeSeen())
            {
                Volume = missing,
                Fix = "repair or recreate the partition; recovery boots without it, and with kairosboot.persistent=tmpfs this system does",
            });
        }
        record.Note(problem.Class, "volume " + problem.Text);
    }

    /// <summary>The device of the overlays; null where they live in memory.</summary>
    public BlockDevice? FindOverlayDevice(Layout layout, BootDisk disk)
    {
        if (layout.Overlay.Device is not { } wanted) return null;
        var found = DeviceSearch.Find(wanted, Seen, disk.Disk, onBootDiskOnly: false);
        if (found.Device is { Superblock.Mountable: true } device) return device;
        record.Note(StepClass.Degraded, $"OVERLAY={wanted} was not found; the overlays live in memory instead");
        return null;
    }

    /// <summary>Reads all devices again after a stage: a command may have created a file system, for which the kernel sends no
    /// event.</summary>
    public void ReadAgain() => watch!.Rescan();

    private string DescribeSeen() => MissingDevices.Seen(Seen, modules.Problems, modules.UnmatchedHardware);

    /// <summary>Ends the watch. Its socket must not be handed over.</summary>
    public void Dispose() => watch?.Dispose();
}
