using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>What the devices seen so far mean for the boot: go on, wait for more, or stop.</summary>
/// <param name="Disk">Set: go on.</param>
/// <param name="Missing">What is still awaited; empty when found.</param>
/// <param name="Refusal">Set: waiting will not help, and this is why.</param>
public sealed record BootDiskDecision(BootDisk? Disk, ImmutableArray<DeviceRef> Missing, OperatorException? Refusal);

/// <summary>Chooses the boot disk. The loader's partition pins it; without that the one disk that carries the label is it.</summary>
public static class BootDiskSearch
{
    /// <param name="request">What to boot.</param>
    /// <param name="devices">Everything seen so far.</param>
    /// <param name="oemTimedOut">The time given to OEM is over: go on without it.</param>
    public static BootDiskDecision Decide(BootRequest request, ImmutableArray<BlockDevice> devices, bool oemTimedOut)
    {
        string? pinned = null;
        if (request.LoadedFrom is { } loadedFrom)
        {
            var pin = DeviceSearch.Find(loadedFrom, devices, bootDisk: null, onBootDiskOnly: false);
            if (pin.Missing) return Wait(loadedFrom);
            if (pin.Ambiguous) return Refuse(pin, devices, "disks copied block by block share it; detach all but one");
            pinned = pin.Device!.Disk;
        }
        var images = DeviceSearch.Find(request.ImagePartition, devices, pinned, onBootDiskOnly: true);
        if (images.Missing) return Wait(request.ImagePartition);
        if (images.Ambiguous) return Refuse(images, devices, "detach all but one, or name the boot disk's partition with kairosboot.disk=PARTUUID");
        var disk = images.Device!.Disk;
        return Oem(request, devices, new BootDisk(disk, images.Device, null), oemTimedOut);
    }

    private static BootDiskDecision Oem(BootRequest request, ImmutableArray<BlockDevice> devices, BootDisk disk, bool timedOut)
    {
        if (request.Oem is null) return new(disk, [], null);
        var oem = DeviceSearch.Find(request.Oem, devices, disk.Disk, onBootDiskOnly: true);
        // Nobody can say which one is the machine's. The system boots without it, as it does without one that is damaged.
        if (oem.Ambiguous)
            return new(disk with { OemProblem = $"none is mounted, as {oem.Wanted} is on {string.Join(" and on ", oem.Candidates)}; give them different labels" }, [], null);
        // All partitions of a disk appear with it, so one that is not there now will not come. A disk without a partition table says nothing.
        var complete = disk.Images.Partition > 0;
        if (oem.Device is not null || complete || timedOut) return new(disk with { Oem = oem.Device }, [], null);
        return Wait(request.Oem);
    }

    private static BootDiskDecision Wait(DeviceRef missing) => new(null, [missing], null);

    private static BootDiskDecision Refuse(DeviceSearchResult result, ImmutableArray<BlockDevice> devices, string fix)
    {
        var list = "";
        foreach (var candidate in result.Candidates) list += "\n  " + WithDisk(candidate, devices);
        return new(null, [], new OperatorException($"{result.Wanted} is on more than one device:{list}", fix));
    }

    /// <summary>With what tells disks apart that have the same content: model and serial are the disk's, not the partition's.</summary>
    private static BlockDevice WithDisk(BlockDevice device, ImmutableArray<BlockDevice> devices)
    {
        foreach (var disk in devices)
            if (disk.Name == device.Disk) return device with { Model = disk.Model, Serial = disk.Serial };
        return device;
    }
}
