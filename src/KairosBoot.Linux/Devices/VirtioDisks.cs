using System.Globalization;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>The disks of the virtio bus.</summary>
internal static class VirtioDisks
{
    internal const string Driver = "virtio_blk";

    private const string Bus = "/sys/bus/virtio/", Prefix = "virtio";

    // VIRTIO_ID_BLOCK and VIRTIO_ID_SCSI of linux/virtio_ids.h
    private const string Modalias = "virtio:d00000002v", ScsiModalias = "virtio:d00000008v";

    /// <summary>Those without a driver, in the order in which the bus has found them: their links in the directory of the bus.</summary>
    internal static List<string> NotStarted()
    {
        var disks = new List<string>();
        foreach (var name in Syscall.ReadDirectoryIfThere(Bus + "devices"))
        {
            var device = $"{Bus}devices/{name}";
            if (FileText.TryReadAttribute(device + "/modalias") is { } modalias && modalias.StartsWith(Modalias, StringComparison.Ordinal)
                && Syscall.TryStat(device + "/driver") is null)
            {
                disks.Add(device);
            }
        }

        disks.Sort((one, other) => Number(one).CompareTo(Number(other)));
        return disks;
    }

    /// <summary>The bus also has a SCSI host, which may have more disks.</summary>
    internal static bool HasScsiHost()
    {
        foreach (var name in Syscall.ReadDirectoryIfThere(Bus + "devices"))
        {
            if (FileText.TryReadAttribute($"{Bus}devices/{name}/modalias") is { } modalias
                && modalias.StartsWith(ScsiModalias, StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>
    /// Sets whether the kernel starts a device as soon as device and driver exist (Documentation/ABI/testing/sysfs-bus). False: it cannot
    /// be set.
    /// </summary>
    internal static bool SetAutomatic(bool value)
    {
        try { FileText.WriteAttribute(Bus + "drivers_autoprobe", value ? "1" : "0"); }
        catch (SyscallException) { return false; }
        return true;
    }

    private static int Number(string device) =>
        int.TryParse(PathParts.NameOf(device).AsSpan(Prefix.Length), CultureInfo.InvariantCulture, out var number) ? number : 0;
}
