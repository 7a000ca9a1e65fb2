using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>What is writable in the running system and what of it is kept: the layout files and the command line together.</summary>
public sealed record Layout
{
    /// <summary>What the ephemeral overlays are stored on.</summary>
    public required OverlayBacking Overlay { get; init; }
    /// <summary>Directories whose overlay gets its own tmpfs, so that filling one fills no other.</summary>
    public ImmutableArray<(string Path, TmpfsLimit Limit)> OverlayLimits { get; init; } = [];
    /// <summary>What the failure of each mount means for the boot.</summary>
    public MountClasses Classes { get; init; } = new();
    /// <summary>Options of the mounts.</summary>
    public PathOptions Options { get; init; } = new();
    /// <summary>Directories that get an overlay: changes are lost at reboot.</summary>
    public ImmutableArray<string> RwPaths { get; init; } = [];
    /// <summary>Volumes in the order of the files.</summary>
    public ImmutableArray<VolumeRequest> Volumes { get; init; } = [];
    /// <summary>Directories whose content is stored in <see cref="PersistentStateTarget"/>.</summary>
    public ImmutableArray<string> PersistentStatePaths { get; init; } = [];
    public string PersistentStateTarget { get; init; } = SystemPaths.PersistentState;
    /// <summary>True: bind mounts. False: overlays whose upper layer is in the state directory.</summary>
    public bool PersistentStateBind { get; init; } = true;
    /// <summary>Entries that cannot be used, one sentence each.</summary>
    public ImmutableArray<string> Problems { get; init; } = [];
}
