using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// Decides which volumes may give user-data. User-data can set a password or run a script as root. So a machine takes it only from the first
/// volume and only with the same content, and from USB and SD media only if the kernel command line allows it. A refused volume is neither
/// mounted nor read, because file system drivers are not safe against every image.
/// </summary>
internal sealed class VolumeGate
{
    private const string Again = "to allow new user-data: kboot reset --oem";

    private readonly UserDataMarkFile file = UserDataMarkFile.Read();
    private readonly ImmutableArray<BlockDevice> devices;
    private readonly bool mediaAllowed;

    /// <param name="devices">All block devices.</param>
    /// <param name="commandLine">The kernel command line.</param>
    internal VolumeGate(ImmutableArray<BlockDevice> devices, string commandLine)
    {
        this.devices = devices;
        mediaAllowed = BootRequestParser.Parse(KernelCommandLine.Parse(commandLine)).UserDataFromMedia;
    }

    /// <summary>The fault of the mark; null: a valid mark or none.</summary>
    internal string? Problem => file.Problem is { } problem ? $"{problem}: it counts as a mark of used user-data; {Again}" : null;

    /// <summary>Why this volume is not read, for a warning (empty: no warning); null: it may be read.</summary>
    internal string? Refuse(BlockDevice device)
    {
        var disk = DiskOf(device);
        var isKnown = file.Mark?.IsOn(disk) == true;
        if (file.IsMarked && !isKnown)
            return $"{Name(device)} is ignored: user-data was already used{(file.Mark is { } mark ? ", from " + mark.Name : "")}; {Again}";
        if (DeviceBus.OfMedium(device) is { } bus)
        {
            if (!mediaAllowed)
                return isKnown ? "" : $"{Name(device)} is ignored: user-data from {bus} needs kairosboot.userdata=usb on the kernel command line";
            if (!file.Lasts) return $"{Name(device)} is ignored: user-data from {bus} needs a COS_OEM partition to record it";
        }
        return file is { IsReadOnly: true, IsMarked: false }
            ? $"{Name(device)} is ignored: {SystemPaths.Oem} is read-only and cannot record the use of its user-data"
            : null;
    }

    /// <summary>Why the user-data of a readable volume is not used; null: it is used.</summary>
    internal string? Refuse(BlockDevice device, UserData found) => file.Mark is { } mark && mark.Sha256 != found.Sha256
        ? $"{Name(device)} is ignored: its user-data (sha256 {found.Sha256}) differs from the user-data used before (sha256 {mark.Sha256}); {Again}" : null;

    /// <summary>True: the metadata is the same as with the first use of this user-data.</summary>
    internal bool AllowsMetadata(UserData found) => file.Mark is not { } mark || mark.MetadataSha256 == found.MetadataSha256;

    /// <summary>Records the use of the volume.</summary>
    internal void Keep(UserDataMark mark)
    {
        if (Syscall.TryStat(SystemPaths.Oem) is { Type: FileType.Directory } && !Syscall.IsReadOnly(SystemPaths.Oem)) file.Keep(mark);
    }

    internal UserDataMark MarkOf(BlockDevice device, UserData found) =>
        UserDataMark.Of(DiskOf(device), device.Node, found.Sha256) with { MetadataSha256 = found.MetadataSha256 };

    private string Name(BlockDevice device)
    {
        var disk = DiskOf(device);
        return UserDataMark.Describe(device.Node, disk.Model, disk.Serial);
    }

    private BlockDevice DiskOf(BlockDevice device)
    {
        foreach (var disk in devices)
            if (disk.Name == device.Disk) return disk;
        return device;
    }
}
