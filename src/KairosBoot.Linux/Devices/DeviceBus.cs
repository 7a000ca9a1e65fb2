using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>On which kind of bus a disk is, from sysfs: what a passer-by can plug in is trusted less than what is built in.</summary>
public static class DeviceBus
{
    private const string SecureDigital = "SD", BuiltIn = "MMC";

    // Parts of a device's path below /sys/devices, each followed by a number, for buses whose sockets are on the outside of a machine.
    private static readonly (string Part, string Bus)[] Outside = [("usb", "USB"), ("fw", "FireWire"), ("memstick", "Memory Stick")];

    /// <summary>The bus of a medium that is made to be plugged in: <c>USB</c>, <c>SD</c>. Null: a disk of the machine, or
    /// a CD drive that is not on USB.</summary>
    /// <param name="device">A disk or a partition.</param>
    /// <param name="sysfs">Where sysfs is, or a copy of it.</param>
    public static string? OfMedium(BlockDevice device, string sysfs = "/sys")
    {
        var directory = $"{sysfs}/class/block/{device.Disk}";
        // Cards and chips that are soldered on are both on an MMC host. Only a chip says MMC.
        if (device.Disk.StartsWith("mmcblk", StringComparison.Ordinal))
            return FileText.TryReadAttribute(directory + "/device/type") == BuiltIn ? null : SecureDigital;
        foreach (var part in Path(directory).Split('/'))
        {
            foreach (var (prefix, bus) in Outside)
                if (part.StartsWith(prefix, StringComparison.Ordinal) && part.Length > prefix.Length && char.IsAsciiDigit(part[prefix.Length])) return bus;
        }

        return null;
    }

    /// <summary>Empty where sysfs has no such device.</summary>
    private static string Path(string directory)
    {
        try { return Syscall.ReadLink(directory); }
        catch (SyscallException) { return ""; }
    }
}
