using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>What the devices seen so far mean for the boot: continue, wait, or stop.</summary>
/// <param name="disk">Set: continue with this disk.</param>
/// <param name="missing">Devices still missing; empty: none.</param>
/// <param name="refusal">Set: waiting cannot help; the reason.</param>
public sealed class BootDiskDecision(BootDisk? disk, ImmutableArray<DeviceRef> missing, OperatorException? refusal)
{
    public BootDisk? Disk => disk;
    public ImmutableArray<DeviceRef> Missing => missing;
    public OperatorException? Refusal => refusal;

    /// <summary>Set: the partition with the images exists and cannot be used, so waiting cannot help.</summary>
    public DeviceFault? Fault { get; init; }

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
        var disk = comparison.Chosen;
        BlockDevice? pinned = null;
        if (disk is null && request.LoadedFrom is { } loadedFrom)
        {
            var pin = DeviceSearch.Find(loadedFrom, devices, bootDisk: null, onBootDiskOnly: false);
            if (pin.Missing) return Wait(loadedFrom);
            var twins = TwinDisks.Choose(request, pin, devices, comparison);
            if (twins.Device is null) return Undecided(twins);
            pinned = twins.Device;
            disk = pinned.Disk;
        }

        var found = DeviceSearch.Find(request.ImagePartition, devices, disk, onBootDiskOnly: true);
        if (found.Missing)
            return FaultOfMissing(request, devices, pinned, disk) is { } hidden ? Unusable(hidden) : Wait(request.ImagePartition);
        var images = TwinDisks.Choose(request, found, devices, comparison);
        if (images.Device is null) return Undecided(images);
        if (DeviceFault.Of(images.Device) is { } fault) return Unusable(fault);
        return Oem(request, devices, new BootDisk(images.Device.Disk, images.Device, null), oemTimedOut);
    }

    /// <summary>
    /// COS_OEM of a boot that failed before it had decided about its disk. Null: there is none, or it may belong to another machine or to a
    /// copy of the disk, to which nothing may be written.
    /// </summary>
    public static BlockDevice? OemOfFailed(BootRequest request, ImmutableArray<BlockDevice> devices, string? chosenDisk)
    {
        if (request.Oem is null) return null;
        if (chosenDisk is null && request.LoadedFrom is { } loadedFrom)
        {
            chosenDisk = DeviceSearch.Find(loadedFrom, devices, bootDisk: null, onBootDiskOnly: false).Device?.Disk;
            if (chosenDisk is null) return null;
        }

        var oem = DeviceSearch.Find(request.Oem, devices, chosenDisk, onBootDiskOnly: true).Device;
        return oem is { Superblock.Mountable: true, IsWriteProtected: false } && DeviceFault.Of(oem) is null ? oem : null;
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
        if (oem.Device is not null && DeviceFault.Of(oem.Device) is { } fault) return WithoutOem(disk, fault);
        if (oem.Missing && FaultSearch.Behind(request.Oem, devices, disk.Disk, onBootDiskOnly: true) is { HasWantedName: true } hidden)
            return WithoutOem(disk, hidden);
        // All partitions of a disk appear together with it, so waiting cannot help. For a disk without a partition table this is not
        // known.
        var complete = disk.Images.Partition > 0;
        if (oem.Device is not null || complete || timedOut) return new(disk with { Oem = oem.Device }, [], null);
        return Wait(request.Oem);
    }

    private static BootDiskDecision WithoutOem(BootDisk disk, DeviceFault fault) =>
        new(disk with { OemProblem = fault.Problem + ", so it is not mounted; to fix: " + fault.Fix }, [], null);

    // The loader starts from COS_STATE, whose label cannot be read. A partition with unknown content may be another one: the loader may be
    // in a partition without a file system.
    private static DeviceFault? FaultOfLoaded(BootRequest request, BlockDevice? pinned) =>
        pinned is not null && request.Slot != Slot.Recovery && DeviceFault.Of(pinned) is { Kind: not DeviceFaultKind.UnknownContent } fault
            ? fault : null;

    // A container that has the label of the partition does not open itself.
    private static DeviceFault? FaultOfMissing(BootRequest request, ImmutableArray<BlockDevice> devices, BlockDevice? pinned,
        string? disk) =>
        FaultOfLoaded(request, pinned) ??
        (FaultSearch.Behind(request.ImagePartition, devices, disk, onBootDiskOnly: true) is { HasWantedName: true } fault
            && fault.Kind is not DeviceFaultKind.UnknownContent ? fault : null);

    private static BootDiskDecision Unusable(DeviceFault fault) => new(null, [], null) { Fault = fault };

    private static BootDiskDecision Wait(DeviceRef missing) => new(null, [missing], null);
}
