using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>What the devices seen so far mean for the layout's volumes.</summary>
/// <param name="volumes">One for each volume of the layout, in its order.</param>
/// <param name="awaited">Volumes that may still appear.</param>
public sealed class VolumeDecision(ImmutableArray<FoundVolume> volumes, ImmutableArray<VolumeRequest> awaited)
{
    public ImmutableArray<FoundVolume> Volumes => volumes;
    public ImmutableArray<VolumeRequest> Awaited => awaited;

    /// <summary>True: a volume cannot be used, or may still appear.</summary>
    public bool HasProblem
    {
        get
        {
            foreach (var volume in volumes)
                if (volume.Device is null || volume.Note is not null) return true;
            return false;
        }
    }
}

/// <summary>Matches the volumes of a layout to devices.</summary>
public static class VolumeSearch
{
    /// <param name="layout">The volumes to find.</param>
    /// <param name="request">What to do with damaged or missing volumes.</param>
    /// <param name="devices">All devices seen so far.</param>
    /// <param name="disk">The disk with the system's own volumes.</param>
    /// <param name="final">No more devices are awaited, and <paramref name="devices"/> were examined closely.</param>
    public static VolumeDecision Decide(Layout layout, BootRequest request, ImmutableArray<BlockDevice> devices, BootDisk disk,
        bool final = false)
    {
        var volumes = ImmutableArray.CreateBuilder<FoundVolume>();
        var awaited = ImmutableArray.CreateBuilder<VolumeRequest>();
        foreach (var wanted in layout.Volumes)
        {
            var system = IsSystemLabel(wanted.Device);
            var found = DeviceSearch.Find(wanted.Device, devices, disk.Disk, system);
            var policy = request.PolicyFor(wanted);
            string? note = null;
            if (policy.Damaged == DamagedVolume.Recovery && !HasRecovery(devices, disk))
            {
                policy = policy.WithoutRecovery();
                note = wanted + ": the boot disk has no " + SystemPaths.RecoveryLabel + "; a damaged volume is mounted read-only instead";
            }
            if (layout.Overlay.Tmpfs is { } limit) policy = policy.WithTmpfs(limit);
            // All partitions of the boot disk appear together with it: a partition that is missing now will not appear.
            var isComplete = system && disk.Images.Partition > 0;
            var isLeftOut = request.PersistentLeftOut && wanted.Path == SystemPaths.Persistent;
            var problem = isLeftOut
                ? new OperatorException(wanted.Subject + " is left out of this boot, as an operator asked", "reboot, to use it again")
                : found.Missing && !isComplete && !final ? null
                : FaultSearch.Problem(wanted.Subject, found, devices, disk.Disk, system);
            volumes.Add(new(wanted, problem is null ? found.Device : null)
            {
                Policy = policy, Checks = request.Checks, Note = note,
                Problem = problem is null ? null : WithMeaning(layout, wanted, policy, problem),
            });
            if (problem is null && found.Missing) awaited.Add(wanted);
        }
        return new(volumes.ToImmutable(), awaited.ToImmutable());
    }

    private static OperatorException WithMeaning(Layout layout, VolumeRequest volume, VolumePolicy policy, OperatorException problem)
    {
        string text = problem.Problem, fix = problem.Fix;
        if (policy.Missing == MissingVolume.Tmpfs)
            text += "; a tmpfs is mounted instead: data written to " + volume.Path + " is lost after this boot";
        else if (volume.Class == StepClass.Required)
            fix += "; recovery boots without it";
        else
            text += StoredPaths.Lost(layout, volume.Path);
        if (policy.Missing != MissingVolume.Tmpfs && volume.Path == SystemPaths.Persistent)
            fix += ", and with kairosboot.persistent=tmpfs this system does";
        return new(text, fix);
    }

    private static bool HasRecovery(ImmutableArray<BlockDevice> devices, BootDisk disk) =>
        DeviceSearch.Find(DeviceRef.Label(SystemPaths.RecoveryLabel), devices, disk.Disk, onBootDiskOnly: true).Device is not null;

    /// <summary>One of the labels whose partitions are all on one disk.</summary>
    public static bool IsSystemLabel(DeviceRef device) => device is { Kind: DeviceRefKind.Label or DeviceRefKind.PartLabel } &&
        device.Value is SystemPaths.StateLabel or SystemPaths.RecoveryLabel or SystemPaths.OemLabel or SystemPaths.PersistentLabel;
}
