using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>The disk of a layout.</summary>
/// <param name="disk">Kernel name of the whole disk.</param>
/// <param name="partition">Number of the given partition; 0: the disk was given.</param>
internal sealed class LayoutTarget(string disk, int partition)
{
    private const string Script = "script://";

    internal string Disk => disk;
    internal int Partition => partition;

    /// <summary>Finds the disk by its path, as in Kairos, or else by a label. The boot disk has precedence over other disks.</summary>
    /// <exception cref="OperatorException">No disk found, or more than one.</exception>
    internal static LayoutTarget Find(YamlMapping device, EntryRun run)
    {
        var initialize = device.Boolean("init_disk") == true;
        if (device.Text("path")?.Trim() is { Length: > 0 } path)
        {
            if (initialize && device.Text("label") is { Length: > 0 })
                throw new OperatorException("device.init_disk needs device.path and no device.label", "remove device.label");
            return OfPath(path.StartsWith(Script, StringComparison.Ordinal) ? PathFromScript(path[Script.Length..], device.Line, run)
                : path);
        }
        if (initialize) throw new OperatorException("device.init_disk needs device.path", "set device.path to the disk");
        if (device.Text("label")?.Trim() is not { Length: > 0 } label)
        {
            throw new OperatorException("device has neither path nor label",
                "set device.path to the disk, or device.label to a file system on it");
        }
        return Search(DeviceRef.Label(label));
    }

    private static string PathFromScript(string command, int line, EntryRun run) =>
        run.ReadFirstLine(command, line, "layout") is { Length: > 0 } answer ? answer
        : throw new OperatorException($"device.path: {command} printed nothing", "change the script so that it prints the path of a disk");

    private static LayoutTarget OfPath(string path)
    {
        if (DeviceRef.TryParse(path) is { Kind: not DeviceRefKind.Path } named) return Search(named);
        if (Syscall.TryStat(path) is not { Type: FileType.BlockDevice } status || BlockDeviceScan.NameOf(status.RDevice) is not { } name
            || BlockDeviceScan.One(name) is not { } device)
        {
            throw new OperatorException($"block device {path} not found",
                "use the path of a disk, such as /dev/vda or /dev/disk/by-label/NAME");
        }

        return new(device.Disk, device.Partition);
    }

    private static LayoutTarget Search(DeviceRef wanted)
    {
        var devices = BlockDeviceScan.All(new Dictionary<string, BlockDevice>());
        var request = BootRequestParser.Parse(KernelCommandLine.Parse(StageFacts.CommandLine));
        var bootDisk = MountedDisk(devices) ?? BootDiskSearch.Decide(request, devices, new(), oemTimedOut: true).Disk?.Disk;
        var found = DeviceSearch.Find(wanted, devices, bootDisk, VolumeSearch.IsSystemLabel(wanted) && bootDisk is not null);
        if (found.Device is { } device) return new(device.Disk, device.Partition);
        if (found.Missing)
            throw new OperatorException($"no file system or partition {wanted} found", "correct device.label, or set device.path");
        throw new OperatorException($"{wanted} is on more than one device: {string.Join(", ", found.Candidates)}",
            "set device.path to the disk");
    }

    // The disk that this boot uses: copies of it may be attached, too.
    private static string? MountedDisk(ImmutableArray<BlockDevice> devices)
    {
        string? source = null;
        foreach (var mount in MountTable.Read())
            if (mount.MountPoint == SystemPaths.State) source = mount.Source;
        foreach (var device in devices)
            if (device.Node == source) return device.Disk;
        return null;
    }
}
