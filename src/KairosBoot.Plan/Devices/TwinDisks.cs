using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>Which of several disks to use.</summary>
/// <param name="Device">Its partition; null: not decided.</param>
/// <param name="ToCompare">Read the evidence of these first.</param>
/// <param name="Refusal">Waiting cannot help; the reason.</param>
public sealed record TwinDecision(BlockDevice? Device, ImmutableArray<BlockDevice> ToCompare, OperatorException? Refusal);

/// <summary>
/// Chooses between disks that all have the partition of the boot disk: copies of each other, or several paths to one disk. A single disk
/// is never refused.
/// </summary>
public static class TwinDisks
{
    /// <param name="request">What the loader reported.</param>
    /// <param name="found">The candidates, one or more.</param>
    /// <param name="devices">All devices seen so far.</param>
    /// <param name="comparison">What is known about the candidates.</param>
    public static TwinDecision Choose(BootRequest request, DeviceSearchResult found, ImmutableArray<BlockDevice> devices,
        DiskComparison comparison)
    {
        // Only COS_STATE, which the loader names, has counters.
        var isNamed = found.Wanted == request.LoadedFrom;
        var comparable = isNamed && LoaderTrace.Exists(request);
        if (found.Device is { } only && !(comparable && MustCompareFirst(only, comparison))) return Use(only);
        var unread = found.Candidates.RemoveAll(device => comparison.Of(device) is not null);
        if (!unread.IsEmpty) return new(null, unread, null);
        var disks = MergePaths(found.Candidates, devices, comparison);
        var matching = comparable
            ? disks.RemoveAll(device => LoaderTrace.Difference(request, comparison.Of(device)!.Counters) is not null) : [];
        if (matching.Length == 1) return Use(matching[0]);
        if (comparable && !comparison.TimeIsOver) return new(null, [], null);
        if (disks.Length == 1) return Use(disks[0]);
        return new(null, [], Refusal(found.Wanted, matching.IsEmpty ? disks : matching, devices, comparison, isNamed));
    }

    private static OperatorException Refusal(DeviceRef wanted, ImmutableArray<BlockDevice> candidates,
        ImmutableArray<BlockDevice> devices, DiskComparison comparison, bool isNamed)
    {
        var list = "";
        foreach (var candidate in candidates)
        {
            list += "\n  " + WithDisk(candidate, devices);
            if (comparison.Of(candidate) is { } evidence) list += " on " + evidence.Bus;
        }

        return new($"{wanted} is on more than one device:{list}", "detach all of them but the boot disk; the boot then continues" +
            (isNamed ? "" : ". Or name the boot disk's partition with kairosboot.disk=PARTUUID"));
    }

    /// <summary>Other disks that have the partition of the boot disk. They are not used.</summary>
    public static ImmutableArray<BlockDevice> Ignored(BootRequest request, string bootDisk, ImmutableArray<BlockDevice> devices,
        DiskComparison comparison)
    {
        if (request.LoadedFrom is not { } loadedFrom) return [];
        var candidates = DeviceSearch.Find(loadedFrom, devices, null, onBootDiskOnly: false).Candidates;
        BlockDevice? used = null;
        foreach (var device in candidates)
            if (device.Disk == bootDisk) used = device;
        return candidates.RemoveAll(device => device.Disk == bootDisk || IsSameDisk(device, used, devices, comparison));
    }

    /// <summary>The device with model and serial number of its disk: only these distinguish disks with the same content.</summary>
    public static BlockDevice WithDisk(BlockDevice device, ImmutableArray<BlockDevice> devices) =>
        DiskOf(device, devices) is { } disk ? device with { Model = disk.Model, Serial = disk.Serial } : device;

    // Mounting a file system whose journal must be replayed would write to it, also read-only. A clean one is mounted and its counters
    // are compared before anything is written; the kernel then reads everything only once.
    private static bool MustCompareFirst(BlockDevice device, DiskComparison comparison) =>
        comparison.IncludesSingleDisk || device.Superblock is not { IsClean: true };

    private static ImmutableArray<BlockDevice> MergePaths(ImmutableArray<BlockDevice> candidates, ImmutableArray<BlockDevice> devices,
        DiskComparison comparison)
    {
        var disks = ImmutableArray.CreateBuilder<BlockDevice>();
        foreach (var device in candidates)
        {
            var isNew = true;
            foreach (var earlier in disks) isNew &= !IsSameDisk(device, earlier, devices, comparison);
            if (isNew) disks.Add(device);
        }

        return disks.ToImmutable();
    }

    // Cheap USB bridges have ids that are not unique, so everything else must be equal too.
    private static bool IsSameDisk(BlockDevice a, BlockDevice? b, ImmutableArray<BlockDevice> devices, DiskComparison comparison)
    {
        if (b is null || comparison.Of(a) is not { Wwid: { } wwid } first || comparison.Of(b) is not { } second) return false;
        var (diskA, diskB) = (DiskOf(a, devices), DiskOf(b, devices));
        return wwid == second.Wwid && AreEqual(first.Counters, second.Counters) && a.SizeBytes == b.SizeBytes && a.Partition == b.Partition
            && diskA?.SizeBytes == diskB?.SizeBytes && diskA?.Model == diskB?.Model && diskA?.Serial == diskB?.Serial;
    }

    private static bool AreEqual(BootBlock a, BootBlock b) =>
        a.Usable == b.Usable && BootBlock.Write(a.Counters).AsSpan().SequenceEqual(BootBlock.Write(b.Counters));

    private static BlockDevice? DiskOf(BlockDevice device, ImmutableArray<BlockDevice> devices)
    {
        foreach (var disk in devices)
            if (disk.Name == device.Disk) return disk;
        return null;
    }

    private static TwinDecision Use(BlockDevice device) => new(device, [], null);
}
