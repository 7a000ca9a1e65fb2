using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>A driver that the running kernel uses for a disk, or for a bus that the disk is on.</summary>
/// <param name="device">The device in sysfs: <c>0000:00:03.0</c>.</param>
/// <param name="name">Name of the driver: <c>virtio-pci</c>.</param>
/// <param name="module">Its module; null: it is built into the kernel.</param>
/// <param name="modalias">Names the hardware; null: the device has none.</param>
public sealed class DiskDriver(string device, string name, string? module, string? modalias)
{
    public string Device => device;
    public string Name => name;
    public string? Module => module;
    public string? Modalias => modalias;
}

/// <summary>Finds the drivers that a disk needs now: those of the devices above it in sysfs.</summary>
public static class DriverChain
{
    private const string Subsystem = "nvme-subsys";

    /// <summary>From the disk up to its bus; empty: sysfs names no driver.</summary>
    /// <param name="disk">Kernel name of a whole disk: <c>vda</c>.</param>
    /// <param name="sysfs">Mount point of sysfs, or a copy of it.</param>
    public static ImmutableArray<DiskDriver> Of(string disk, string sysfs = "/sys")
    {
        var drivers = ImmutableArray.CreateBuilder<DiskDriver>();
        var path = PathOf(sysfs, $"{sysfs}/class/block/{disk}");
        // With more than one path to a disk, NVMe hangs it on a virtual device whose links name the controllers.
        var above = PathParts.ParentOf(path);
        if (PathParts.NameOf(above).StartsWith(Subsystem, StringComparison.Ordinal))
        {
            foreach (var name in Syscall.ReadDirectoryIfThere(above))
            {
                if (name.StartsWith("nvme", StringComparison.Ordinal) && Link($"{above}/{name}") is not null)
                    AddAbove(PathOf(sysfs, $"{above}/{name}"), sysfs, drivers);
            }
        }
        else
        {
            AddAbove(path, sysfs, drivers);
        }

        return drivers.ToImmutable();
    }

    private static void AddAbove(string path, string sysfs, ImmutableArray<DiskDriver>.Builder drivers)
    {
        for (; path.Length > sysfs.Length + "/devices".Length; path = PathParts.ParentOf(path))
        {
            if (Link(path + "/driver") is not { } driver) continue;
            var module = Link(path + "/driver/module") is { } link ? PathParts.NameOf(link) : null;
            drivers.Add(new(PathParts.NameOf(path), PathParts.NameOf(driver), module, FileText.TryReadAttribute(path + "/modalias")));
        }
    }

    // Links in sysfs are relative and lead to /sys/devices.
    private static string PathOf(string sysfs, string link)
    {
        var target = Link(link) ?? "";
        var at = target.IndexOf("devices/", StringComparison.Ordinal);
        return at >= 0 ? $"{sysfs}/{target[at..]}" : Path.GetFullPath(Path.Combine(PathParts.ParentOf(link), target));
    }

    private static string? Link(string path)
    {
        try { return Syscall.TryLStat(path) is { Type: FileType.Symlink } ? Syscall.ReadLink(path) : null; }
        catch (SyscallException) { return null; } // the device is gone
    }
}
