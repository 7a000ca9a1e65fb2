using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>What the devices seen so far mean for the boot: continue, wait, or stop.</summary>
/// <param name="Disk">Set: continue with this disk.</param>
/// <param name="Missing">Devices still missing; empty: none.</param>
/// <param name="Refusal">Set: waiting cannot help; the reason.</param>
public sealed record BootDiskDecision(BootDisk? Disk, ImmutableArray<DeviceRef> Missing, OperatorException? Refusal)
{
    /// <summary>Not empty: read the evidence of these partitions, then decide again.</summary>
    public ImmutableArray<BlockDevice> ToCompare { get; init; } = [];

    /// <summary>No candidate has the counters that the loader reported, or several have.</summary>
    public bool AwaitsLoadersDisk { get; init; }
}

/// <summary>Chooses the boot disk: the disk with the loader's partition. If that is not known, the only disk that has the label.</summary>
public static class BootDiskSearch
{
    /// <param name="request">What to boot.</param>
    /// <param name="devices">All devices seen so far.</param>
    /// <param name="comparison">What is known about disks that may be copies of each other.</param>
    /// <param name="oemTimedOut">The time limit for OEM is over: continue without it.</param>
    public static BootDiskDecision Decide(BootRequest request, ImmutableArray<BlockDevice> devices, DiskComparison comparison,
        bool oemTimedOut)
    {
        var pinned = comparison.Chosen;
        if (pinned is null && request.LoadedFrom is { } loadedFrom)
        {
            var pin = DeviceSearch.Find(loadedFrom, devices, bootDisk: null, onBootDiskOnly: false);
            if (pin.Missing) return Wait(loadedFrom);
            var twins = TwinDisks.Choose(request, pin, devices, comparison);
            if (twins.Device is null) return Undecided(twins);
            pinned = twins.Device.Disk;
        }

        var found = DeviceSearch.Find(request.ImagePartition, devices, pinned, onBootDiskOnly: true);
        if (found.Missing) return Wait(request.ImagePartition);
        var images = TwinDisks.Choose(request, found, devices, comparison);
        if (images.Device is null) return Undecided(images);
        return Oem(request, devices, new BootDisk(images.Device.Disk, images.Device, null), oemTimedOut);
    }

    private static BootDiskDecision Undecided(TwinDecision twins) => new(null, [], twins.Refusal)
    {
        ToCompare = twins.ToCompare, AwaitsLoadersDisk = twins.Refusal is null && twins.ToCompare.IsEmpty,
    };

    private static BootDiskDecision Oem(BootRequest request, ImmutableArray<BlockDevice> devices, BootDisk disk, bool timedOut)
    {
        if (request.Oem is null) return new(disk, [], null);
        var oem = DeviceSearch.Find(request.Oem, devices, disk.Disk, onBootDiskOnly: true);
        // It is unknown which of them belongs to this machine. The system boots without OEM, as it does when OEM is damaged.
        if (oem.Ambiguous)
        {
            var problem = $"{oem.Wanted} is on {string.Join(" and on ", oem.Candidates)}, so none is mounted; give them different labels";
            return new(disk with { OemProblem = problem }, [], null);
        }
        // All partitions of a disk appear together with it, so waiting cannot help. For a disk without a partition table this is not
        // known.
        var complete = disk.Images.Partition > 0;
        if (oem.Device is not null || complete || timedOut) return new(disk with { Oem = oem.Device }, [], null);
        return Wait(request.Oem);
    }

    private static BootDiskDecision Wait(DeviceRef missing) => new(null, [missing], null);
}
