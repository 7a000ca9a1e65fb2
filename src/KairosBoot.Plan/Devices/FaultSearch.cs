using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>Finds why a device that exists is not found by its name.</summary>
public static class FaultSearch
{
    /// <summary>Between a message about a missing device and the fault of another one.</summary>
    public const string Suspect = "; it may be inside another one: ";

    private const string LuksSuffix = "_LUKS";

    /// <summary>The fault that may be why a device is missing; null: no device has one.</summary>
    /// <param name="wanted">A name for which <see cref="DeviceSearch"/> finds no device.</param>
    /// <param name="devices">All devices, examined closely.</param>
    /// <param name="bootDisk">Name of the disk that the machine booted from; null: not known.</param>
    /// <param name="onBootDiskOnly">Do not search other disks.</param>
    public static DeviceFault? Behind(DeviceRef wanted, ImmutableArray<BlockDevice> devices, string? bootDisk, bool onBootDiskOnly)
    {
        DeviceFault? suspect = null;
        foreach (var device in devices)
        {
            if (onBootDiskOnly && bootDisk is not null && !device.IsOn(bootDisk) || HasPartitions(device, devices)) continue;
            if (DeviceFault.Of(device) is not { } fault) continue;
            fault.HasWantedName = HasName(device, wanted);
            if (fault.HasWantedName) return fault;
            // The name is inside what cannot be read or opened here, unless the partition is known to be another one.
            var isAnother = device.PartLabel is { } name && VolumeSearch.IsSystemLabel(DeviceRef.Label(name));
            if (!isAnother && fault.Kind is not (DeviceFaultKind.UnknownContent or DeviceFaultKind.Swap)) suspect ??= fault;
        }
        return suspect;
    }

    /// <summary>Why a search did not find one usable device, and how to fix it; null: it did.</summary>
    /// <param name="subject">The start of the text.</param>
    /// <param name="found">The result of the search.</param>
    /// <param name="devices">All devices, examined closely.</param>
    /// <param name="bootDisk">Name of the disk that the machine booted from; null: not known.</param>
    /// <param name="onBootDiskOnly">Other disks were not searched.</param>
    public static OperatorException? Problem(string subject, DeviceSearchResult found, ImmutableArray<BlockDevice> devices,
        string? bootDisk, bool onBootDiskOnly)
    {
        if (found.Ambiguous)
        {
            return new(subject + ": more than one device: " + string.Join(", ", found.Candidates),
                "give them different names, or detach all but one");
        }

        var fault = found.Device is { } device ? DeviceFault.Of(device) : Behind(found.Wanted, devices, bootDisk, onBootDiskOnly);
        if (fault is not null && (fault.HasWantedName || !found.Missing)) return new(subject + ": " + fault.Problem, fault.Fix);
        if (!found.Missing) return null;
        var text = subject + (onBootDiskOnly ? ": the boot disk has no such partition" : ": no such device appeared");
        if (fault is not null) return new(text + Suspect + fault.Problem, fault.Fix);
        return new(text, onBootDiskOnly ? "correct the name of the volume, or create the partition in recovery"
            : "connect the disk, correct the name of the volume, or add the disk's driver to the initrd (kboot initrd build --modules)");
    }

    private static bool HasName(BlockDevice device, DeviceRef wanted) => wanted.Kind switch
    {
        DeviceRefKind.Label => device.PartLabel == wanted.Value || IsLabel(device.Superblock?.Label, wanted.Value)
            || device.Finding?.Label == wanted.Value,
        DeviceRefKind.Uuid => IsSame(device.Superblock?.Uuid ?? device.Finding?.Uuid, wanted.Value),
        DeviceRefKind.PartLabel => device.PartLabel == wanted.Value,
        DeviceRefKind.PartUuid => IsSame(device.PartUuid, wanted.Value),
        _ => device.Node == wanted.Value,
    };

    // Kairos labels the container with this suffix, so that it is not confused with the file system inside it.
    private static bool IsLabel(string? label, string wanted) => label == wanted || label == wanted + LuksSuffix;

    private static bool IsSame(string? a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    /// <summary>True: the kernel shows partitions of this disk.</summary>
    public static bool HasPartitions(BlockDevice device, ImmutableArray<BlockDevice> devices)
    {
        foreach (var other in devices)
            if (device.Partition == 0 && other.Partition > 0 && other.Disk == device.Name) return true;
        return false;
    }
}
