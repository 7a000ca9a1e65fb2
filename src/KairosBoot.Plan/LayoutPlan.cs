using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Before: the image is mounted read-only at /sysroot, with OEM inside it. After: every path of the layout is writable or persistent as
/// the layout says, and no other path is.
/// </summary>
public static class LayoutPlan
{
    private const string Root = SystemPaths.Sysroot;

    /// <param name="layout">The layout to mount.</param>
    /// <param name="volumes">The devices found for the layout's volumes, in the layout's order; a missing volume has no device.</param>
    /// <param name="overlayDevice">The device of the overlays; null: a tmpfs.</param>
    /// <param name="image">Identity of the image that provides the initial content of persistent paths.</param>
    public static ImmutableArray<Step> For(Layout layout, ImmutableArray<FoundVolume> volumes, BlockDevice? overlayDevice,
        string image = "")
    {
        var plan = ImmutableArray.CreateBuilder<Step>();
        plan.Add(OverlayStore(layout, overlayDevice));
        AddLimits(layout, overlayDevice, plan);
        var state = StateDirectories(layout);
        var stateVolume = StoreVolume(layout);
        var mounts = new MountOrder(layout.PersistentStateTarget);
        foreach (var volume in volumes)
            if (MountStep(layout, volume) is { } step) mounts.Add(volume.Request.Path, step, needsState: false);
        var persistent = new HashSet<string>();
        foreach (var path in layout.PersistentStatePaths) persistent.Add(path);
        foreach (var path in layout.RwPaths)
        {
            if (!IsVolume(volumes, path) && !persistent.Contains(path))
                mounts.Add(path, Overlay(layout, path, onDevice: overlayDevice is not null), needsState: false);
        }

        var holder = OptionsOfHolder(layout, volumes);
        foreach (var directory in state)
            mounts.Add(directory.Path[Root.Length..], Persist(layout, directory, holder, stateVolume), needsState: true);
        var seed = new SeedPersistent(StepClass.Degraded, state, image) { StoreVolume = stateVolume };
        mounts.AddTo(plan, layout.PersistentStateBind ? seed : null);
        return plan.ToImmutable();
    }

    private static Step? MountStep(Layout layout, FoundVolume volume) =>
        volume.MountStep(volume.Request.Class) is not { } step ? null
        : step is MountVolume mount ? mount with { Lost = StoredPaths.Lost(layout, volume.Request.Path) } : step;

    private static string? StoreVolume(Layout layout) => StoredPaths.VolumeOf(layout) is { } path ? Root + path : null;

    private static Step OverlayStore(Layout layout, BlockDevice? device) => device is null
        ? new MountFileSystem(StepClass.Required, "tmpfs", SystemPaths.Overlays, "tmpfs",
            $"{StoreOptions(layout)},{(layout.Overlay.Tmpfs ?? OverlayBacking.DefaultLimit).Options},mode=0755")
        : new MountFileSystem(StepClass.Required, device.Node, SystemPaths.Overlays, device.Superblock!.MountType, StoreOptions(layout),
            device.StableName);

    private static string StoreOptions(Layout layout) => PathOptions.Join("rw", layout.Options.Of(SystemPaths.Overlays));

    // If this tmpfs cannot be mounted, the overlay uses the directory in the shared tmpfs, without a limit.
    private static void AddLimits(Layout layout, BlockDevice? overlayDevice, ImmutableArray<Step>.Builder plan)
    {
        if (overlayDevice is not null) return;
        foreach (var (path, limit) in layout.OverlayLimits)
        {
            if (layout.RwPaths.Contains(path))
            {
                plan.Add(new MountFileSystem(StepClass.Degraded, "tmpfs", $"{SystemPaths.Overlays}/{StoreFileName.Of(path)}", "tmpfs",
                    $"{StoreOptions(layout)},{limit.Options},mode=0755"));
            }
        }
    }

    private static MountOverlay Overlay(Layout layout, string path, bool onDevice)
    {
        // A device keeps its content. The directory has a name of our own, so that content found there is from an earlier boot and not
        // from another program.
        var store = $"{SystemPaths.Overlays}/{(onDevice ? ".kairosboot/" : "")}{StoreFileName.Of(path)}/.overlay";
        return new(layout.Classes.Of(path), Root + path, store, store, Keeps: false) { Options = layout.Options.Of(path) };
    }

    private static Step Persist(Layout layout, PersistentDirectory directory, string holder, string? stateVolume)
    {
        var path = directory.Path[Root.Length..];
        if (!layout.PersistentStateBind)
        {
            return new MountOverlay(layout.Classes.Of(path), directory.Path, directory.Store, directory.Store[Root.Length..], Keeps: true)
            { Options = layout.Options.Of(path), StoreVolume = stateVolume };
        }

        var options = layout.Options.OfBind(path, holder);
        return new BindPersistent(layout.Classes.Of(path), directory)
        { Options = options, ChangesOptions = options != holder, StoreVolume = stateVolume };
    }

    /// <summary>Options of the mount that contains the state directory.</summary>
    private static string OptionsOfHolder(Layout layout, ImmutableArray<FoundVolume> volumes)
    {
        var (holder, options) = ("", "");
        void Consider(string path, string pathOptions)
        {
            if (MountPath.IsInside(layout.PersistentStateTarget, path) && path.Length > holder.Length)
                (holder, options) = (path, pathOptions);
        }
        foreach (var volume in volumes)
            if (volume.MountStep(volume.Request.Class) is not null) Consider(volume.Request.Path, volume.Request.Options);
        foreach (var path in layout.RwPaths) Consider(path, layout.Options.Of(path));
        return options;
    }

    private static ImmutableArray<PersistentDirectory> StateDirectories(Layout layout)
    {
        var suffix = layout.PersistentStateBind ? ".bind" : ".overlay";
        var target = Root + layout.PersistentStateTarget;
        var paths = layout.PersistentStatePaths;
        var own = new string[paths.Length];
        var names = new HashSet<string>();
        for (var i = 0; i < own.Length; i++) names.Add(own[i] = StoreFileName.Of(paths[i]));
        var directories = ImmutableArray.CreateBuilder<PersistentDirectory>(own.Length);
        for (var i = 0; i < own.Length; i++)
        {
            var former = own[i].Contains('\\') ? StoreFileName.KairosName(paths[i]) : own[i];
            directories.Add(new(Root + paths[i], string.Concat(target, "/", own[i], suffix),
                names.Contains(former) || !layout.PersistentStateBind ? null : string.Concat(target, "/", former, suffix)));
        }
        return directories.ToImmutable();
    }

    private static bool IsVolume(ImmutableArray<FoundVolume> volumes, string path)
    {
        foreach (var volume in volumes)
            if (volume.Request.Path == path) return true;
        return false;
    }
}
