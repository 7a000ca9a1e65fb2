using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>The disk that a layout is for.</summary>
/// <param name="disk">The kernel's name of the whole disk.</param>
/// <param name="partition">Number of the partition that was named; 0 where it was the disk.</param>
internal sealed class LayoutTarget(string disk, int partition)
{
    private const string Script = "script://";

    internal string Disk => disk;
    internal int Partition => partition;

    /// <summary>By path where one is given, as Kairos has it; otherwise by label, on the disk the machine booted from before any other.</summary>
    /// <exception cref="OperatorException">There is none, or more than one.</exception>
    internal static LayoutTarget Find(YamlMapping device, EntryRun run)
    {
        var initialize = device.Boolean("init_disk") == true;
        if (device.Text("path")?.Trim() is { Length: > 0 } path)
        {
            if (initialize && device.Text("label") is { Length: > 0 })
                throw new OperatorException("device.init_disk is for a disk named by its path alone", "take device.label out");
            return OfPath(path.StartsWith(Script, StringComparison.Ordinal) ? Asked(path[Script.Length..], device.Line, run) : path);
        }
        if (initialize) throw new OperatorException("device.init_disk needs a device.path", "name the disk");
        if (device.Text("label")?.Trim() is not { Length: > 0 } label)
            throw new OperatorException("the device has neither path nor label", "name the disk, or a file system on it");
        return Search(DeviceRef.Label(label));
    }

    private static string Asked(string command, int line, EntryRun run) => run.Ask(command, line, "layout") is { Length: > 0 } answer ? answer
        : throw new OperatorException($"device.path: {command} printed nothing", "let it print the path of a disk");

    private static LayoutTarget OfPath(string path)
    {
        if (DeviceRef.TryParse(path) is { Kind: not DeviceRefKind.Path } named) return Search(named);
        if (Syscall.TryStat(path) is not { Type: FileType.BlockDevice } status || BlockDeviceScan.NameOf(status.RDevice) is not { } name
            || BlockDeviceScan.One(name) is not { } device)
        {
            throw new OperatorException($"there is no block device {path}", "name a disk: /dev/vda, /dev/disk/by-label/NAME");
        }

        return new(device.Disk, device.Partition);
    }

    private static LayoutTarget Search(DeviceRef wanted)
    {
        var devices = BlockDeviceScan.All(new Dictionary<string, BlockDevice>());
        var request = BootRequestParser.Parse(KernelCommandLine.Parse(StageFacts.CommandLine));
        var bootDisk = BootDiskSearch.Decide(request, devices, oemTimedOut: true).Disk?.Disk;
        var found = DeviceSearch.Find(wanted, devices, bootDisk, VolumeSearch.IsSystemLabel(wanted) && bootDisk is not null);
        if (found.Device is { } device) return new(device.Disk, device.Partition);
        if (found.Missing) throw new OperatorException($"no file system {wanted} and no partition of that name", "give the label of a partition of the disk, or its path");
        throw new OperatorException($"{wanted} is on more than one device: {string.Join(", ", found.Candidates)}", "name the disk with device.path");
    }
}
