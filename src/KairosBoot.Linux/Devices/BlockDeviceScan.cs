using System.Collections.Immutable;
using System.Globalization;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Finds block devices in sysfs and reads their first bytes, without udev or blkid. Skips loop, RAM and floppy devices, and what is
/// assembled from them: a label in a guest's image does not belong to this machine, and reading an empty floppy drive takes half a minute.
/// </summary>
public static class BlockDeviceScan
{
    internal const string ClassBlock = "/sys/class/block";
    private static readonly string[] Skipped = ["loop", "ram", "zram", "fd", "mtdblock", "nbd"];

    /// <summary>All present devices, in the order of their names.</summary>
    /// <param name="known">Devices of an earlier scan, which are not read again, except those that did not answer and now may.</param>
    /// <param name="announced">Only these disks and their partitions are read; null: all.</param>
    public static ImmutableArray<BlockDevice> All(IReadOnlyDictionary<string, BlockDevice> known, List<string>? announced = null)
    {
        var devices = ImmutableArray.CreateBuilder<BlockDevice>();
        using var scan = new Scan(announced);
        foreach (var device in known.Values)
            if (device.IsSilent && !MayAnswer(device)) scan.NoteSilence(device);
        foreach (var name in Syscall.ReadDirectoryIfThere(ClassBlock))
        {
            if (IsSkipped(name)) continue;
            var device = known.TryGetValue(name, out var seen) && !MayAnswer(seen) ? seen : Probe(name, scan);
            if (device is not null) devices.Add(device);
        }

        return AssembledDevices.MarkMembers(devices.ToImmutable());
    }

    /// <summary>The disk of this device did not answer before, and has answered all requests since.</summary>
    public static bool MayAnswer(BlockDevice device) => device.IsSilent && !DiskRequests.Of(device.Disk).IsBusy;

    /// <summary>
    /// Adds the disks that the kernel has not announced, as unreadable ones: it is reading their partition tables, and opening one blocks
    /// until it has read them.
    /// </summary>
    public static ImmutableArray<BlockDevice> WithSilent(ImmutableArray<BlockDevice> devices, List<string> announced)
    {
        foreach (var name in Syscall.ReadDirectoryIfThere(ClassBlock))
            if (!announced.Contains(name)) devices = devices.Add(Silent(new BlockDevice(name, name, 0, SizeBytes(name))));
        return devices;
    }

    private static BlockDevice Silent(BlockDevice device) => device with { Unreadable = BlockDevice.NoAnswer };

    /// <summary>A device by its name, of any kind. Null: it does not exist, or it has no medium.</summary>
    public static BlockDevice? One(string name)
    {
        using var scan = new Scan(announced: null) { IsOfAnyKind = true };
        return Probe(name, scan);
    }

    /// <summary>Bytes; 0: the kernel has no such device.</summary>
    // sysfs counts in units of 512 bytes, whatever the device's block size.
    public static long SizeBytes(string name) => Number($"{ClassBlock}/{name}/size") * 512;

    /// <summary>Bytes of a logical block: 512 or 4096.</summary>
    public static int BlockSize(string disk) =>
        (int)Number($"{ClassBlock}/{disk}/queue/logical_block_size") is > 0 and var size ? size : 512;

    /// <summary>The kernel's name of a disk's partition; null: the kernel has none with that number.</summary>
    public static string? Partition(string disk, int number)
    {
        foreach (var name in Syscall.ReadDirectoryIfThere($"{ClassBlock}/{disk}"))
            if (Number($"{ClassBlock}/{disk}/{name}/partition") == number) return name;
        return null;
    }

    /// <summary>The kernel's name of a device by its number, as stat(2) encodes it; null: the kernel has no such device.</summary>
    public static string? NameOf(ulong device)
    {
        long major = (long)(((device >> 8) & 0xFFF) | ((device >> 32) & ~0xFFFUL)),
            minor = (long)((device & 0xFF) | ((device >> 12) & 0xFFFFFF00));
        var link = $"/sys/dev/block/{major}:{minor}";
        if (Syscall.TryStat(link) is null) return null;
        var path = Syscall.ReadLink(link);
        return PathParts.NameOf(path);
    }

    internal static bool IsSkipped(string name)
    {
        foreach (var prefix in Skipped)
            if (name.StartsWith(prefix, StringComparison.Ordinal)) return true;
        return false;
    }

    private static BlockDevice? Probe(string name, Scan scan)
    {
        var directory = $"{ClassBlock}/{name}";
        var size = SizeBytes(name);
        if (size <= 0) return null;
        var partition = (int)Number(directory + "/partition");
        var disk = partition == 0 ? name : DiskOf(directory);
        if (scan.Announced?.Contains(disk) == false) return null;
        var members = AssembledDevices.MembersOf(disk);
        if (members is null && !scan.IsOfAnyKind) return null;
        var device = new BlockDevice(name, disk, partition, size)
        {
            IsWriteProtected = Number(directory + "/ro") == 1, Members = members ?? [],
        };
        if (partition == 0)
        {
            device = device with
            {
                Model = Attribute(directory + "/device/model"),
                Serial = Attribute(directory + "/device/serial") ?? Attribute(directory + "/serial"),
            };
        }

        if (scan.IsSilent(disk)) return Silent(device);
        return scan.Announced is null && DiskRequests.AreUnanswered(disk) ? scan.NoteSilence(device) : Read(device, scan);
    }

    // A device that cannot be read still has the names of its entry in the partition table.
    private static BlockDevice? Read(BlockDevice device, Scan scan)
    {
        try
        {
            using var own = device.Partition == 0 ? null : BlockReader.Open(device.Node, device.Disk);
            var reader = own ?? scan.Disk(device.Disk);
            if (OpticalDrive.IsEmpty(device.Name, reader.Node)) return null;
            device = device with { Superblock = BlockProbe.Superblock(reader.Read, device.SizeBytes) };
        }
        catch (NoAnswerException) { return scan.NoteSilence(device); }
        catch (SyscallException e) { device = device with { Unreadable = Errno.Describe(e.Errno) }; }
        if (device.Partition == 0) return device;
        try
        {
            foreach (var entry in scan.Table(device.Disk))
            {
                if (entry.Number == device.Partition)
                    return device with { PartUuid = entry.Uuid, PartLabel = string.IsNullOrEmpty(entry.Name) ? null : entry.Name };
            }
        }
        catch (NoAnswerException) { return scan.NoteSilence(device); }
        catch (SyscallException e) { device = device with { Unreadable = device.Unreadable ?? Errno.Describe(e.Errno) }; }
        return device;
    }

    /// <summary>
    /// Examines those that have no known file system more closely, for a message. A device whose backups cannot be read either is
    /// returned unchanged.
    /// </summary>
    public static ImmutableArray<BlockDevice> Examine(ImmutableArray<BlockDevice> devices)
    {
        var examined = ImmutableArray.CreateBuilder<BlockDevice>(devices.Length);
        foreach (var device in devices)
        {
            examined.Add(device is { Superblock: null, Unreadable: null }
                ? device with { Finding = BlockProbe.Examine(device, FaultSearch.HasPartitions(device, devices)) } : device);
        }
        return examined.ToImmutable();
    }

    // The partition's directory in sysfs is inside that of its disk. Computing the disk from the name would depend on the driver.
    internal static string DiskOf(string directory) => PathParts.NameOf(PathParts.ParentOf(Syscall.ReadLink(directory)));

    private static long Number(string path) => Parse(FileText.TryReadAttribute(path));

    private static long Parse(string? text) => long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string? Attribute(string path) => FileText.TryReadAttribute(path) is { Length: > 0 } text ? text : null;

    private sealed class Scan(List<string>? announced) : IDisposable
    {
        // A disk's partitions follow it in the order of names. When a disk is closed, the kernel forgets what it has read.
        private (string Name, BlockReader Reader)? disk;
        private readonly List<string> silent = [];
        private readonly Dictionary<string, ImmutableArray<PartitionEntry>> tables = [];

        /// <summary>Only these disks and their partitions are read; null: all.</summary>
        public List<string>? Announced => announced;

        public bool IsOfAnyKind { get; init; }

        public bool IsSilent(string disk) => silent.Contains(disk);

        /// <summary>Neither the disk nor any of its partitions is read again in this scan.</summary>
        public BlockDevice NoteSilence(BlockDevice device)
        {
            silent.Add(device.Disk);
            return Silent(device);
        }

        /// <summary>The whole disk, open until another disk is needed.</summary>
        public BlockReader Disk(string name)
        {
            if (disk is { } open && open.Name == name) return open.Reader;
            Dispose();
            var reader = BlockReader.Open("/dev/" + name, name);
            disk = (name, reader);
            return reader;
        }

        public ImmutableArray<PartitionEntry> Table(string name) => tables.TryGetValue(name, out var known) ? known
            : tables[name] = BlockProbe.Partitions(Disk(name).Read, BlockSize(name), SizeBytes(name));

        public void Dispose()
        {
            disk?.Reader.Dispose();
            disk = null;
        }
    }
}
