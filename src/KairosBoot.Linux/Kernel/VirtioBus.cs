using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Starts the devices of a virtio bus one after another. Their drivers work in the background, so that a disk that never answers blocks
/// nothing; but the kernel names disks (vda, vdb) in the order in which their drivers begin, and that must be the order of the slots.
/// </summary>
internal static class VirtioBus
{
    /// <summary>The driver of all virtio disks.</summary>
    internal const string DiskDriver = "virtio_blk";

    // VIRTIO_ID_BLOCK of linux/virtio_ids.h
    private const string Disk = "virtio:d00000002v";

    // A name needs less than a millisecond. A device whose driver refuses it never gets one.
    private static readonly TimeSpan NameLimit = TimeSpan.FromMilliseconds(100), Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>The buses that virtio devices are on: bus, name of the driver, name of its module.</summary>
    internal static readonly (string Bus, string Driver, string Module)[] All =
        [("pci", "virtio-pci", "virtio_pci"), ("platform", "virtio-mmio", "virtio_mmio")];

    /// <summary>Loads the driver of the bus and starts its devices.</summary>
    /// <param name="bus">Name of the bus.</param>
    /// <param name="driver">Name of the driver.</param>
    /// <param name="devices">The devices, in the order of the bus: their links in the directory of the bus.</param>
    /// <param name="load">Loads the driver.</param>
    internal static void Start(string bus, string driver, IReadOnlyList<string> devices, Action load)
    {
        // Without this switch the driver would start all its devices when it is loaded (Documentation/ABI/testing/sysfs-bus-pci).
        var autoprobe = $"/sys/bus/{bus}/drivers_autoprobe";
        if (!TryWrite(autoprobe, "0"))
        {
            load();
            return;
        }

        load();
        TryWrite(autoprobe, "1");
        foreach (var device in devices)
            if (TryWrite($"/sys/bus/{bus}/drivers/{driver}/bind", PathParts.NameOf(device))) AwaitDiskName(device);
    }

    private static void AwaitDiskName(string device)
    {
        var deadline = Syscall.BootTimeMicroseconds() + (long)NameLimit.TotalMicroseconds;
        // No event tells of the name: the one for the disk follows when its partition table was read.
        while (HasUnnamedDisk(device) && Syscall.BootTimeMicroseconds() < deadline) Syscall.Pause(Pause);
    }

    private static bool HasUnnamedDisk(string device)
    {
        foreach (var name in Syscall.ReadDirectoryIfThere(device))
        {
            if (!name.StartsWith("virtio", StringComparison.Ordinal)) continue;
            var virtio = $"{device}/{name}";
            return FileText.TryReadAttribute(virtio + "/modalias") is { } modalias && modalias.StartsWith(Disk, StringComparison.Ordinal)
                && Syscall.ReadDirectoryIfThere(virtio + "/block").Count == 0;
        }

        return false;
    }

    private static bool TryWrite(string path, string value)
    {
        try { FileText.WriteAttribute(path, value); }
        catch (SyscallException) { return false; } // no such switch, or the driver does not support the device
        return true;
    }
}
