using System.Collections.Immutable;
using KairosBoot.Execution;
using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>This machine, as the checks of its next boot see it.</summary>
internal sealed class NodeUnderCheck
{
    private NodeUnderCheck(BootStateLocation location, string disk)
    {
        (Location, Disk) = (location, disk);
        Block = BootStateFile.Read(location.Block);
        Seen = BlockDeviceScan.Examine(BlockDeviceScan.All(new Dictionary<string, BlockDevice>()));
        Configs = [.. ReporterCheck.ConfigsOfMachine("")];
    }

    internal BootStateLocation Location { get; }

    /// <summary>The counters.</summary>
    internal BootBlock Block { get; }

    /// <summary>Kernel name of the boot disk.</summary>
    internal string Disk { get; }

    /// <summary>All devices, examined closely.</summary>
    internal ImmutableArray<BlockDevice> Seen { get; }

    /// <summary>The machine's own cloud-configs: name and text.</summary>
    internal IReadOnlyList<(string Name, string Text)> Configs { get; }

    /// <summary>A loader that reads the counters starts this machine.</summary>
    internal bool HasLoader => Syscall.TryStat(Location.Directory + BootMenuUpdate.Menu) is not null || Location.HasKairosMenu;

    /// <exception cref="OperatorException">kairos-boot did not start this system.</exception>
    internal static NodeUnderCheck Of(BootStateLocation location)
    {
        var source = MountTable.Find(SystemPaths.State)?.Source;
        var name = source?.StartsWith("/dev/", StringComparison.Ordinal) == true ? source["/dev/".Length..] : "";
        return new(location, BlockDeviceScan.One(name)?.Disk ?? throw new OperatorException(
            $"the device at {SystemPaths.State} is not known: {source}", "run it on a machine that kairos-boot started"));
    }
}
