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

    /// <summary>Empty: sysfs has no such device.</summary>
    private static string Path(string directory)
    {
        try { return Syscall.ReadLink(directory); }
        catch (SyscallException) { return ""; }
    }
}
