using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>The result of a search: one candidate, none, or several that cannot be distinguished.</summary>
public sealed class DeviceSearchResult(DeviceRef wanted, ImmutableArray<BlockDevice> candidates)
{
    public DeviceRef Wanted => wanted;
    public ImmutableArray<BlockDevice> Candidates => candidates;
    public BlockDevice? Device => candidates.Length == 1 ? candidates[0] : null;
    public bool Missing => candidates.IsEmpty;
    public bool Ambiguous => candidates.Length > 1;
}

/// <summary>Finds the device that a <see cref="DeviceRef"/> names. Labels are looked up on the boot disk first.</summary>
public static class DeviceSearch
{
    /// <param name="wanted">What to look for.</param>
    /// <param name="devices">All devices seen so far.</param>
    /// <param name="bootDisk">Name of the disk that the machine booted from; null: not known.</param>
    /// <param name="onBootDiskOnly">Do not search other disks: the system's own partitions are on one disk.</param>
    public static DeviceSearchResult Find(DeviceRef wanted, ImmutableArray<BlockDevice> devices, string? bootDisk, bool onBootDiskOnly)
    {
        var matches = Matches(wanted, devices);
        // The partition name is used if no file system has the label.
        if (matches.IsEmpty && wanted.Kind == DeviceRefKind.Label)
            matches = Matches(new DeviceRef(DeviceRefKind.PartLabel, wanted.Value), devices);
        if (wanted.Kind is DeviceRefKind.Path) return new(wanted, matches);
        if (bootDisk is null) return new(wanted, Preferred(matches));
        var onBootDisk = matches.RemoveAll(device => !device.IsOn(bootDisk));
        return new(wanted, Preferred(onBootDisk.IsEmpty && !onBootDiskOnly ? matches : onBootDisk));
    }

    // A part of an array or of a multipath disk has the same label as the whole, and can only be used through it. Otherwise a partition is
    // preferred: the label in a logical volume may be that of a guest.
    private static ImmutableArray<BlockDevice> Preferred(ImmutableArray<BlockDevice> found)
    {
        if (found.Length < 2) return found;
        var partitions = found.RemoveAll(device => device.IsAssembled || device.IsHeld);
        if (!partitions.IsEmpty) return partitions;
        var assembled = found.RemoveAll(device => !device.IsAssembled || device.IsHeld);
        return assembled.IsEmpty ? found : assembled;
    }

    private static ImmutableArray<BlockDevice> Matches(DeviceRef wanted, ImmutableArray<BlockDevice> devices)
    {
        var matches = ImmutableArray.CreateBuilder<BlockDevice>();
        foreach (var device in devices)
            if (Is(device, wanted)) matches.Add(device);
        return matches.ToImmutable();
    }

    private static bool Is(BlockDevice device, DeviceRef wanted) => wanted.Kind switch
    {
        // A LUKS container and the file system inside it often share a label: the container is never the one to mount.
        DeviceRefKind.Label => device.Superblock is { Mountable: true } s && s.Label == wanted.Value,
        DeviceRefKind.Uuid => device.Superblock is { Mountable: true } s && Same(s.Uuid, wanted.Value),
        DeviceRefKind.PartLabel => device.PartLabel == wanted.Value && device.Superblock is not { Mountable: false },
        DeviceRefKind.PartUuid => Same(device.PartUuid, wanted.Value),
        DeviceRefKind.Path => device.Node == wanted.Value,
        _ => throw new InvalidOperationException(),
    };

    private static bool Same(string? a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
