using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>What is writable in the running system and what of it stays: the layout files and the command line, taken together.</summary>
public sealed record Layout
{
    /// <summary>Backing of the ephemeral overlays.</summary>
    public required OverlayBacking Overlay { get; init; }
    /// <summary>Directories whose overlay gets a tmpfs of its own, so that filling it fills no other.</summary>
    public ImmutableArray<(string Path, TmpfsLimit Limit)> OverlayLimits { get; init; } = [];
    /// <summary>What the loss of each mount means.</summary>
    public MountClasses Classes { get; init; } = new();
    /// <summary>Options of the mounts.</summary>
    public PathOptions Options { get; init; } = new();
    /// <summary>Directories that get an overlay: changes are gone after a reboot.</summary>
    public ImmutableArray<string> RwPaths { get; init; } = [];
    /// <summary>Volumes in the order they were listed.</summary>
    public ImmutableArray<VolumeRequest> Volumes { get; init; } = [];
    /// <summary>Directories whose content lives in <see cref="PersistentStateTarget"/>.</summary>
    public ImmutableArray<string> PersistentStatePaths { get; init; } = [];
    public string PersistentStateTarget { get; init; } = SystemPaths.PersistentState;
    /// <summary>True: bind mounts. False: overlays whose upper layer is in the state directory.</summary>
    public bool PersistentStateBind { get; init; } = true;
    /// <summary>Entries that could not be used, one sentence each.</summary>
    public ImmutableArray<string> Problems { get; init; } = [];
}
