using System.Collections.Immutable;
using System.Globalization;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Block devices from sysfs and their own first bytes; no udev, no blkid. Loop, RAM, device-mapper and floppy devices are passed over: a
/// label inside a guest's image or a logical volume is not this machine's, and an empty floppy drive takes half a minute to say so.
/// </summary>
public static class BlockDeviceScan
{
    private const string ClassBlock = "/sys/class/block";
    private static readonly string[] PassedOver = ["loop", "ram", "zram", "dm-", "fd", "mtdblock", "nbd"];

    /// <summary>Everything there is now, in the order of the names.</summary>
    /// <param name="known">Devices of an earlier look, which are not read again.</param>
    public static ImmutableArray<BlockDevice> All(IReadOnlyDictionary<string, BlockDevice> known)
    {
        var devices = ImmutableArray.CreateBuilder<BlockDevice>();
        var tables = new Dictionary<string, ImmutableArray<PartitionEntry>>();
        foreach (var name in Syscall.ReadDirectoryIfThere(ClassBlock))
            if ((known.TryGetValue(name, out var device) ? device : Probe(name, tables)) is { } found) devices.Add(found);
        return devices.ToImmutable();
    }

    /// <summary>Null: passed over, without a medium, or gone again.</summary>
    private static BlockDevice? Probe(string name, Dictionary<string, ImmutableArray<PartitionEntry>> tables)
    {
        foreach (var prefix in PassedOver)
            if (name.StartsWith(prefix, StringComparison.Ordinal)) return null;
        var directory = $"{ClassBlock}/{name}";
        var size = Number(directory + "/size") * 512; // always in units of 512 bytes, whatever the device's block size
        if (size <= 0) return null;
        var partition = (int)Number(directory + "/partition");
        var disk = partition == 0 ? name : DiskOf(directory);
        var device = new BlockDevice(name, disk, partition, size);
        if (partition == 0)
            device = device with
            {
                Model = Attribute(directory + "/device/model"),
                Serial = Attribute(directory + "/device/serial") ?? Attribute(directory + "/serial"),
            };
        return Read(device, tables);
    }

    private static BlockDevice Read(BlockDevice device, Dictionary<string, ImmutableArray<PartitionEntry>> tables)
    {
        try
        {
            using (var node = Syscall.Open(device.Node, OpenFlags.ReadOnly | OpenFlags.NonBlocking))
                device = device with { Superblock = BlockProbe.Superblock(node) };
            if (device.Partition == 0) return device;
            foreach (var entry in Table(device.Disk, tables))
                if (entry.Number == device.Partition)
                    return device with { PartUuid = entry.Uuid, PartLabel = string.IsNullOrEmpty(entry.Name) ? null : entry.Name };
            return device;
        }
        catch (SyscallException e)
        {
            return device with { Unreadable = Errno.Describe(e.Errno) };
        }
    }

    private static ImmutableArray<PartitionEntry> Table(string disk, Dictionary<string, ImmutableArray<PartitionEntry>> tables)
    {
        if (tables.TryGetValue(disk, out var known)) return known;
        var directory = $"{ClassBlock}/{disk}";
        using var node = Syscall.Open("/dev/" + disk, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        var blockSize = (int)Number(directory + "/queue/logical_block_size");
        return tables[disk] = BlockProbe.Partitions(node, blockSize > 0 ? blockSize : 512, Number(directory + "/size") * 512);
    }

    // The partition's directory lies inside its disk's: no arithmetic on names, which differ by driver.
    private static string DiskOf(string directory)
    {
        var path = Syscall.ReadLink(directory).Split('/');
        return path.Length >= 2 ? path[^2] : "";
    }

    private static long Number(string path) =>
        long.TryParse(FileText.TryReadAttribute(path), CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string? Attribute(string path) => FileText.TryReadAttribute(path) is { Length: > 0 } text ? text : null;
}
