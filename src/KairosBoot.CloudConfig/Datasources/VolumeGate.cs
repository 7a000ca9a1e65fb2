using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// Which volumes may give user-data. It can set a password or run a script as root, so it is taken from the first volume in a machine's life, and from that
/// one's content only; and from USB and SD media only where the kernel command line says so. A volume that is refused for what it is gets neither
/// mounted nor read: drivers of file systems are no match for every image of one.
/// </summary>
internal sealed class VolumeGate
{
    private const string Again = "kboot reset --oem makes the machine take user-data again";

    private readonly UserDataMarkFile file = UserDataMarkFile.Read();
    private readonly ImmutableArray<BlockDevice> devices;
    private readonly bool mediaAllowed;

    /// <param name="devices">All that were seen.</param>
    /// <param name="commandLine">The kernel's.</param>
    internal VolumeGate(ImmutableArray<BlockDevice> devices, string commandLine)
    {
        this.devices = devices;
        mediaAllowed = BootRequestParser.Parse(KernelCommandLine.Parse(commandLine)).UserDataFromMedia;
    }

    /// <summary>What is wrong with the mark; null where it is sound, or where there is none.</summary>
    internal string? Problem => file.Problem is { } problem ? $"{problem}: user-data counts as taken; {Again}" : null;

    /// <summary>Why this volume is not looked at, for a warning, empty where there is nothing to warn of; null: it may be read.</summary>
    internal string? Refuse(BlockDevice device)
    {
        var disk = DiskOf(device);
        var isKnown = file.Mark?.IsOn(disk) == true;
        if (file.IsMarked && !isKnown)
            return $"{Name(device)} is ignored: user-data was taken before{(file.Mark is { } mark ? ", from " + mark.Name : "")}; {Again}";
        if (DeviceBus.OfMedium(device) is { } bus)
        {
            if (!mediaAllowed)
                return isKnown ? "" : $"{Name(device)} is ignored: user-data from {bus} takes kairosboot.userdata=usb on the kernel command line";
            if (!file.Lasts) return $"{Name(device)} is ignored: user-data from {bus} takes a COS_OEM partition that can record it";
        }
        return file is { IsReadOnly: true, IsMarked: false }
            ? $"{Name(device)} is ignored: {SystemPaths.Oem} is read-only and cannot record that its user-data is taken"
            : null;
    }

    /// <summary>Why what was found on a volume that may be read is not taken; null: it is.</summary>
    internal string? Refuse(BlockDevice device, UserData found) => file.Mark is { } mark && mark.Sha256 != found.Sha256
        ? $"{Name(device)} is ignored: its user-data (sha256 {found.Sha256}) is not what was taken before (sha256 {mark.Sha256}); {Again}" : null;

    /// <summary>Whether keys and a host name that come with the user-data are those that came with it before.</summary>
    internal bool AllowsMetadata(UserData found) => file.Mark is not { } mark || mark.MetadataSha256 == found.MetadataSha256;

    /// <summary>Records that it is taken.</summary>
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
