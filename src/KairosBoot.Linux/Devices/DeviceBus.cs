using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Finds the kind of bus of a disk in sysfs: a medium that any passer-by can plug in is trusted less than a built-in disk.
/// </summary>
public static class DeviceBus
{
    private const string SecureDigital = "SD", BuiltIn = "MMC";

    // Parts of a device's path below /sys/devices, each followed by a number, of buses with sockets on the outside of a machine.
    private static readonly (string Part, string Bus)[] Outside = [("usb", "USB"), ("fw", "FireWire"), ("memstick", "Memory Stick")];

    // The first part that occurs decides: an NVMe disk is on PCI, a SATA disk also has a SCSI host.
    private static readonly (string Part, string Bus)[] Inside =
        [("/nvme", "NVMe"), ("/mmc", "MMC"), ("/virtio", "virtio"), ("/ata", "SATA"), ("/vbd-", "Xen")];

    // IEEE names of both kinds, and NVMe's.
    private static readonly string[] Registered = ["naa.", "eui.", "uuid."];

    /// <summary>The bus of a removable medium: <c>USB</c>, <c>SD</c>. Null: a built-in disk, or a CD drive that is not on USB.</summary>
    /// <param name="device">A disk or a partition.</param>
    /// <param name="sysfs">Mount point of sysfs, or a copy of it.</param>
    public static string? OfMedium(BlockDevice device, string sysfs = "/sys")
    {
        var directory = $"{sysfs}/class/block/{device.Disk}";
        // Cards and soldered chips are both on an MMC host. Only a chip has the type MMC.
        if (device.Disk.StartsWith("mmcblk", StringComparison.Ordinal))
            return FileText.TryReadAttribute(directory + "/device/type") == BuiltIn ? null : SecureDigital;
        foreach (var part in PathParts.NamesOf(Path(directory)))
        {
            foreach (var (prefix, bus) in Outside)
            {
                if (part.StartsWith(prefix, StringComparison.Ordinal) && part.Length > prefix.Length
                    && char.IsAsciiDigit(part[prefix.Length]))
                {
                    return bus;
                }
            }
        }

        return null;
    }

    /// <summary>How a disk is attached, in the words of a person who looks for it: <c>USB</c>, <c>NVMe</c>, <c>SATA</c>.</summary>
    /// <param name="device">A disk or a partition.</param>
    /// <param name="sysfs">Mount point of sysfs, or a copy of it.</param>
    public static string Describe(BlockDevice device, string sysfs = "/sys")
    {
        if (OfMedium(device, sysfs) is { } outside) return outside;
        var path = Path($"{sysfs}/class/block/{device.Disk}");
        foreach (var (part, bus) in Inside)
            if (path.Contains(part, StringComparison.Ordinal)) return bus;
        return "SCSI";
    }

    /// <summary>
    /// World-wide id of a disk: several paths to one disk have the same. Null: it has none. Only names that their vendor registered count:
    /// the others are derived from texts that disks of the same type may share.
    /// </summary>
    /// <param name="device">A disk or a partition.</param>
    /// <param name="sysfs">Mount point of sysfs, or a copy of it.</param>
    public static string? Wwid(BlockDevice device, string sysfs = "/sys")
    {
        var directory = $"{sysfs}/class/block/{device.Disk}";
        var wwid = FileText.TryReadAttribute(directory + "/wwid") ?? FileText.TryReadAttribute(directory + "/device/wwid");
        foreach (var prefix in Registered)
            if (wwid?.StartsWith(prefix, StringComparison.Ordinal) == true) return wwid;
        return null;
    }

    /// <summary>Empty: sysfs has no such device.</summary>
    private static string Path(string directory)
    {
        try { return Syscall.ReadLink(directory); }
        catch (SyscallException) { return ""; }
    }
}
