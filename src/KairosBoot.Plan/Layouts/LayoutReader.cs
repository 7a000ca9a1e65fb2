using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Parses layout files. Every list is split at white space; of duplicates, the first one stays. An entry that cannot be used becomes a
/// problem, and only that entry is ignored.
/// </summary>
public sealed partial class LayoutReader
{
    private readonly ImmutableArray<string>.Builder problems = ImmutableArray.CreateBuilder<string>();
    private readonly BootRequest request;
    private static readonly string[] OwnTrees = ["/dev", "/proc", "/sys", "/run", SystemPaths.Oem];

    private LayoutReader(BootRequest request) => this.request = request;

    /// <summary>Texts of the three layout files; null: the file does not exist.</summary>
    public static Layout Read(BootRequest request, string? cosLayout, string? extraLayout, string? customLayout) =>
        new LayoutReader(request).Read(cosLayout, extraLayout, customLayout);

    private Layout Read(string? cosLayout, string? extraLayout, string? customLayout)
    {
        var layout = Values(cosLayout, SystemPaths.Layout);
        var extra = Values(extraLayout, SystemPaths.ExtraLayout);
        var custom = Values(customLayout, SystemPaths.CustomLayout);
        var persistent = !request.WithoutPersistence;
        var backing = Backing(layout);
        var classes = Classes(persistent ? [layout, extra, custom] : [layout]);
        var target = Path(layout, "PERSISTENT_STATE_TARGET", layout["PERSISTENT_STATE_TARGET"]) ?? SystemPaths.PersistentState;
        var limits = OverlayLimits(backing, persistent ? [layout, custom] : [layout]);
        var volumes = WithOptions(Volumes(layout, classes, byDefault: cosLayout is null && persistent ? DefaultLayout.Volumes : []), target,
            options: null);
        var rwPaths = RwPaths(layout, custom, hasFile: cosLayout is not null);
        var statePaths = persistent ? WithoutPathsOver(target, StatePaths(layout, extra, custom, hasFile: cosLayout is not null)) : [];
        var options = Options(persistent ? [layout, extra, custom] : [layout], Mounted(volumes, rwPaths, statePaths), volumes);
        return new Layout
        {
            Overlay = backing,
            OverlayLimits = limits,
            Classes = classes,
            Options = options,
            Volumes = WithOptions(volumes, target, options),
            RwPaths = rwPaths,
            PersistentStatePaths = statePaths,
            PersistentStateTarget = target,
            PersistentStateBind = Flag(layout, "PERSISTENT_STATE_BIND", byDefault: true),
            Problems = problems.ToImmutable(),
        };
    }

    private OverlayBacking Backing(LayoutFile layout)
    {
        if (layout["OVERLAY"] is { Length: > 0 } text)
        {
            if (OverlayBacking.TryParse(text) is { } backing) return backing;
            problems.Add($"{layout.Place("OVERLAY", text)}: OVERLAY={text} is neither tmpfs:SIZE nor a device; " +
                $"{request.Overlay ?? DefaultLayout.Overlay} is used");
        }
        return request.Overlay ?? DefaultLayout.Overlay;
    }

    private ImmutableArray<(string, TmpfsLimit)> OverlayLimits(OverlayBacking backing, ReadOnlySpan<LayoutFile> files)
    {
        var limits = ImmutableArray.CreateBuilder<(string, TmpfsLimit)>();
        foreach (var file in files)
        {
            foreach (var word in file.Words("OVERLAY_LIMITS"))
            {
                var equals = word.IndexOf('=');
                if (equals > 0 && MountPath.TryNormalise(word[..equals]) is { } path
                    && TmpfsLimit.TryParse(word[(equals + 1)..]) is { } limit)
                {
                    limits.Add((path, limit));
                }
                else
                {
                    problems.Add($"{file.Entry("OVERLAY_LIMITS", word)} is not /path=SIZE or /path=SIZE,inodes=NUMBER");
                }
            }
        }

        if (backing.Tmpfs is not null || limits.Count == 0) return limits.ToImmutable();
        problems.Add($"OVERLAY_LIMITS has no effect: the overlays are on {backing}; only a tmpfs can be limited");
        return [];
    }

    private MountClasses Classes(ReadOnlySpan<LayoutFile> files)
    {
        var classes = new MountClasses();
        foreach (var (key, stepClass) in MountClasses.Keys)
        {
            foreach (var file in files)
            {
                var paths = new List<string>();
                foreach (var word in file.Words(key))
                    if (Path(file, key, word) is { } path) paths.Add(path);
                classes.Choose(stepClass, paths,
                    (path, reason) => problems.Add($"{file.Entry(key, path)} has no effect: {reason}"));
            }
        }

        return classes;
    }

    private ImmutableArray<VolumeRequest> Volumes(LayoutFile layout, MountClasses classes, ImmutableArray<VolumeRequest> byDefault)
    {
        var listed = ImmutableArray.CreateBuilder<VolumeRequest>();
        listed.AddRange(byDefault);
        foreach (var text in layout.Words("VOLUMES"))
        {
            if (VolumeRequest.TryParse(text) is { } volume) listed.Add(volume with { Origin = layout.Place("VOLUMES", text) });
            else problems.Add($"{layout.Entry("VOLUMES", text)} is not DEVICE:/path, such as LABEL=DATA:/srv/data");
        }
        // MERGE=false: only the file's list is used. If both lists name a path, the file wins.
        var merge = Flag(layout, "MERGE", byDefault: true) || listed.Count == 0;
        var merged = ImmutableArray.CreateBuilder<VolumeRequest>();
        foreach (var volume in listed)
            if (!Covers(merged, volume.Path)) merged.Add(volume with { Class = classes.Of(volume.Path) });
        if (merge)
        {
            foreach (var volume in request.Volumes)
                if (!Covers(merged, volume.Path)) merged.Add(volume with { Class = classes.Of(volume.Path) });
        }

        return merged.ToImmutable();
    }

    private static bool Covers(ImmutableArray<VolumeRequest>.Builder volumes, string path)
    {
        foreach (var volume in volumes)
            if (volume.Path == path) return true;
        return false;
    }

    private ImmutableArray<string> RwPaths(LayoutFile layout, LayoutFile custom, bool hasFile)
    {
        var paths = ImmutableArray.CreateBuilder<string>();
        AddPaths(paths, "RW_PATHS", layout);
        if (paths.Count == 0)
            paths.AddRange(hasFile || request.WithoutPersistence ? DefaultLayout.RwPathsWithoutLayout : DefaultLayout.RwPaths);
        AddPaths(paths, "CUSTOM_EPHEMERAL_MOUNTS", layout);
        if (!request.WithoutPersistence) AddPaths(paths, "CUSTOM_EPHEMERAL_MOUNTS", custom);
        return paths.ToImmutable();
    }

    private ImmutableArray<string> StatePaths(LayoutFile layout, LayoutFile extra, LayoutFile custom, bool hasFile)
    {
        var paths = ImmutableArray.CreateBuilder<string>();
        if (!hasFile) paths.AddRange(DefaultLayout.PersistentStatePaths);
        AddPaths(paths, "PERSISTENT_STATE_PATHS", layout);
        AddPaths(paths, "PERSISTENT_STATE_PATHS", extra);
        AddPaths(paths, "CUSTOM_BIND_MOUNTS", layout);
        AddPaths(paths, "CUSTOM_BIND_MOUNTS", custom);
        return paths.ToImmutable();
    }

    private void AddPaths(ImmutableArray<string>.Builder paths, string key, LayoutFile file)
    {
        var known = new HashSet<string>();
        foreach (var path in paths) known.Add(path);
        foreach (var word in file.Words(key))
        {
            if (Path(file, key, word) is not { } path || known.Contains(path) || !Usable(file, key, word, path)) continue;
            known.Add(path);
            paths.Add(path);
        }
    }

    // The kernel's own trees are moved into the new root at the end and would hide an overlay below them. And overlayfs gets its
    // directories in one string, in which a comma, a colon and a backslash have another meaning.
    private bool Usable(LayoutFile file, string key, string word, string path)
    {
        if (path.AsSpan().IndexOfAny(",:\\") >= 0)
        {
            problems.Add($"{file.Entry(key, word)} contains a comma, a colon or a backslash; it is left out");
            return false;
        }
        foreach (var tree in OwnTrees)
        {
            if (MountPath.IsInside(path, tree))
            {
                problems.Add($"{file.Entry(key, word)} is inside {tree}, which the boot mounts itself; it is left out");
                return false;
            }
        }

        return true;
    }

    /// <summary>Drops paths that contain the state directory: their mounts would hide all stores.</summary>
    private ImmutableArray<string> WithoutPathsOver(string target, ImmutableArray<string> paths) => paths.RemoveAll(path =>
    {
        var over = MountPath.IsInside(target, path);
        if (over) problems.Add($"PERSISTENT_STATE_PATHS entry {path} contains the state directory {target}; it is left out");
        return over;
    });

    private string? Path(LayoutFile file, string key, string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        var path = MountPath.TryNormalise(text);
        if (path is null) problems.Add($"{file.Entry(key, text)} is not an absolute path");
        return path;
    }

    private bool Flag(LayoutFile layout, string key, bool byDefault)
    {
        switch (layout[key]?.ToLowerInvariant())
        {
            case null or "": return byDefault;
            case "true" or "yes" or "on" or "1": return true;
            case "false" or "no" or "off" or "0": return false;
            case var other:
                problems.Add(
                    $"{layout.Place(key, other)}: {key}={other} is neither true nor false; {(byDefault ? "true" : "false")} is used");
                return byDefault;
        }
    }

    private LayoutFile Values(string? text, string path)
    {
        var parsed = EnvFile.Parse(text ?? "");
        foreach (var problem in parsed.Problems) problems.Add($"{path}:{problem.Line}: {problem.Reason}");
        return new(path, parsed);
    }
}
