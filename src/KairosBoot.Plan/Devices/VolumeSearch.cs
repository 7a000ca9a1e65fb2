using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>What the devices seen so far mean for the layout's volumes.</summary>
/// <param name="volumes">One for each volume of the layout, in its order.</param>
/// <param name="awaited">Volumes that may still appear.</param>
/// <param name="problems">Volumes that cannot appear, the reason, and what that means for the boot.</param>
public sealed class VolumeDecision(
    ImmutableArray<FoundVolume> volumes, ImmutableArray<VolumeRequest> awaited, ImmutableArray<(StepClass Class, string Text)> problems)
{
    public ImmutableArray<FoundVolume> Volumes => volumes;
    public ImmutableArray<VolumeRequest> Awaited => awaited;
    public ImmutableArray<(StepClass Class, string Text)> Problems => problems;
}

/// <summary>Matches the volumes of a layout to devices.</summary>
public static class VolumeSearch
{
    /// <param name="layout">The volumes to find.</param>
    /// <param name="request">What to do with damaged or missing volumes.</param>
    /// <param name="devices">All devices seen so far.</param>
    /// <param name="disk">The disk with the system's own volumes.</param>
    public static VolumeDecision Decide(Layout layout, BootRequest request, ImmutableArray<BlockDevice> devices, BootDisk disk)
    {
        var volumes = ImmutableArray.CreateBuilder<FoundVolume>();
        var awaited = ImmutableArray.CreateBuilder<VolumeRequest>();
        var problems = ImmutableArray.CreateBuilder<(StepClass, string)>();
        foreach (var wanted in layout.Volumes)
        {
            var system = IsSystemLabel(wanted.Device);
            var found = DeviceSearch.Find(wanted.Device, devices, disk.Disk, system);
            var problem = Problem(wanted, found, system && disk.Images.Partition > 0);
            var policy = request.PolicyFor(wanted);
            if (policy.Damaged == DamagedVolume.Recovery && !HasRecovery(devices, disk))
            {
                policy = policy.WithoutRecovery();
                problems.Add((StepClass.Optional,
                    $"{wanted}: the boot disk has no {SystemPaths.RecoveryLabel}; a damaged volume is mounted read-only instead"));
            }
            if (layout.Overlay.Tmpfs is { } limit) policy = policy.WithTmpfs(limit);
            volumes.Add(new(wanted, problem is null ? found.Device : null) { Policy = policy, Checks = request.Checks });
            if (problem is not null) problems.Add(WithMeaning(wanted, policy, problem));
            else if (found.Missing) awaited.Add(wanted);
        }
        return new(volumes.ToImmutable(), awaited.ToImmutable(), problems.ToImmutable());
    }

    /// <summary>The problem of a missing volume with its meaning for the boot.</summary>
    public static (StepClass Class, string Text) WithMeaning(VolumeRequest volume, VolumePolicy policy, string problem) =>
        policy.Missing == MissingVolume.Tmpfs
            ? (StepClass.Degraded, $"{problem}; a tmpfs is mounted instead: data written to {volume.Path} is lost after this boot")
            : (volume.Class, problem);

    // All partitions of the boot disk appear together with it: a partition that is missing now will not appear.
    private static string? Problem(VolumeRequest request, DeviceSearchResult found, bool complete)
    {
        if (found.Ambiguous) return $"{request}: more than one device: {string.Join(", ", found.Candidates)}";
        if (found.Missing) return complete ? $"{request}: the boot disk has no such partition" : null;
        return found.Device!.Superblock switch
        {
            null => $"{request}: {found.Device} cannot be mounted",
            { Mountable: false } container => $"{request}: {found.Device.Node} is {container.Type}, not a file system",
            _ => null,
        };
    }

    private static bool HasRecovery(ImmutableArray<BlockDevice> devices, BootDisk disk) =>
        DeviceSearch.Find(DeviceRef.Label(SystemPaths.RecoveryLabel), devices, disk.Disk, onBootDiskOnly: true).Device is not null;

    /// <summary>One of the labels whose partitions are all on one disk.</summary>
    public static bool IsSystemLabel(DeviceRef device) => device is { Kind: DeviceRefKind.Label or DeviceRefKind.PartLabel } &&
        device.Value is SystemPaths.StateLabel or SystemPaths.RecoveryLabel or SystemPaths.OemLabel or SystemPaths.PersistentLabel;
}
