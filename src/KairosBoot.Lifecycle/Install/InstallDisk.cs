using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>A whole disk of this machine.</summary>
/// <param name="Name">The kernel's name, as in /dev.</param>
/// <param name="SizeBytes">Size of the disk.</param>
/// <param name="BlockSize">Bytes of a logical block: 512 or 4096.</param>
public sealed record InstallDisk(string Name, long SizeBytes, int BlockSize)
{
    /// <summary>Instead of a device: the only unused disk that is empty.</summary>
    public const string Auto = "auto";

    public string Node => "/dev/" + Name;

    /// <param name="device">A device node, a link to one, a <see cref="DeviceRef"/> such as <c>LABEL=</c>, or <see cref="Auto"/>.</param>
    /// <exception cref="OperatorException">There is no such device, it is not a whole disk, or no disk can be chosen.</exception>
    public static InstallDisk Find(string device)
    {
        if (device == Auto) return Automatic();
        if (device.StartsWith("script://", StringComparison.Ordinal))
        {
            throw new OperatorException($"{device}: kboot runs no script to choose a disk",
                "name the disk: --device /dev/..., or --device auto for the only empty one");
        }

        if (Syscall.TryStat(device) is { } status)
        {
            var name = status.Type == FileType.BlockDevice ? BlockDeviceScan.NameOf(status.RDevice) : null;
            return name is null ? throw NotADisk(device, "is not a block device") : Whole(device, name);
        }

        if (DeviceRef.TryParse(device) is not { Kind: not DeviceRefKind.Path } wanted)
            throw NotADisk(device, "does not exist");
        var found = DeviceSearch.Find(wanted, BlockDeviceScan.All(new Dictionary<string, BlockDevice>()), bootDisk: null,
            onBootDiskOnly: false);
        return found.Device is { } one ? Whole(device, one.Name)
            : throw NotADisk(device,
                found.Ambiguous ? $"matches more than one device: {string.Join("; ", found.Candidates)}" : "matches no disk");
    }

    /// <summary>What is on the disk, one line each; empty: the disk is blank, or an installation on it was interrupted.</summary>
    public IReadOnlyList<string> Contents()
    {
        using var node = Syscall.Open(Node, OpenFlags.ReadOnly);
        var contents = new DiskContents(SizeBytes, BlockSize, (offset, length) =>
        {
            var bytes = new byte[length];
            return bytes[..Syscall.PRead(node, bytes, offset)];
        });
        var start = new byte[GrubBootSectors.SectorSize];
        try
        {
            Syscall.PRead(node, start, 0);
            List<string> lines = [.. Formats(node), .. contents.Marks()];
            // After an interrupted installation, the rest of an old table or of the new system is not content.
            if (IncompleteInstallMark.IsIn(start)) return lines;
            lines.AddRange(Partitions(node));
            if (lines.Count == 0 && (contents.EmptyTable() ?? contents.UnknownData()) is { } other) lines.Add(other);
            return lines;
        }
        catch (SyscallException failure)
        {
            return [$"content that cannot be read: {failure.Message}"];
        }
    }

    private IEnumerable<string> Formats(FileHandle node)
    {
        if (BlockProbe.Superblock(node, SizeBytes) is { } superblock)
            yield return $"{superblock.Type}{(superblock.Label is null ? "" : $" LABEL={superblock.Label}")}";
    }

    private IEnumerable<string> Partitions(FileHandle node)
    {
        if (BlockDeviceScan.One(Name) is { } disk && BlockDeviceScan.Examine([disk])[0] is { Finding: not null } examined)
            yield return DeviceFault.Of(examined)!.Problem;
        foreach (var entry in BlockProbe.Partitions(node, BlockSize, SizeBytes))
        {
            var known = BlockDeviceScan.Partition(Name, entry.Number) is { } name ? BlockDeviceScan.One(name) : null;
            yield return known?.ToString() ?? $"partition {entry.Number} {entry.Name}";
        }
    }

    public override string ToString()
    {
        if (BlockDeviceScan.One(Name) is not { } device) return Node;
        var model = device.Model is null ? "" : " " + device.Model.Trim();
        var serial = device.Serial is null ? "" : " serial " + device.Serial.Trim();
        return $"{Node} {ByteSize.Text(SizeBytes)}{model}{serial}";
    }

    private static InstallDisk Whole(string device, string name)
    {
        var found = BlockDeviceScan.One(name) ?? throw NotADisk(device, "has no medium in the drive");
        return DeviceRef.TryParse(device) is not { Kind: not DeviceRefKind.Path } && found.Partition != 0
            ? throw new OperatorException($"{device} is a partition of /dev/{found.Disk}",
                $"give the whole disk: --device /dev/{found.Disk}")
            : Of(found.Disk);
    }

    private static InstallDisk Of(string name) => new(name, BlockDeviceScan.SizeBytes(name), BlockDeviceScan.BlockSize(name));

    private static InstallDisk Automatic()
    {
        var disks = new List<InstallDisk>();
        foreach (var device in BlockDeviceScan.All(new Dictionary<string, BlockDevice>()))
        {
            var isCandidate = device.Partition == 0 && !device.Name.StartsWith("sr", StringComparison.Ordinal)
                && !device.IsAssembled && device.SizeBytes >= DiskLayout.MinBytes;
            if (isCandidate && !DiskUse.IsReadOnly(device.Name) && DiskUse.Of(device.Name).Count == 0 && !DiskUse.IsClaimed(device.Name))
                disks.Add(Of(device.Name));
        }

        return disks[AutomaticDisk.Choose([.. disks.Select(disk => (disk.ToString(), disk.Contents()))])];
    }

    private static OperatorException NotADisk(string device, string what) =>
        new($"{device} {what}", "give --device a disk, for example /dev/sda or /dev/disk/by-id/...; to list the disks: lsblk");
}
