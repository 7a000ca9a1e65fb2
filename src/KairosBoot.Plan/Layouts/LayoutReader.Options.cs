using System.Collections.Immutable;

namespace KairosBoot.Plan;

public sealed partial class LayoutReader
{
    /// <summary>MOUNT_OPTIONS of the layout files; the last entry for a path wins.</summary>
    /// <param name="files">In the order in which they are read.</param>
    /// <param name="mounted">Every path that the layout mounts.</param>
    /// <param name="volumes">The volumes with their default options.</param>
    private PathOptions Options(ReadOnlySpan<LayoutFile> files, HashSet<string> mounted, ImmutableArray<VolumeRequest> volumes)
    {
        var options = new PathOptions();
        foreach (var file in files)
        {
            foreach (var word in file.Words(PathOptions.Key))
            {
                var equals = word.IndexOf('=');
                if (equals <= 0 || MountPath.TryNormalise(word[..equals]) is not { } path)
                {
                    problems.Add($"{file.Entry(PathOptions.Key, word)} is not /path=OPTION,OPTION");
                }
                else if (PathOptions.Unknown(word[(equals + 1)..]) is { } unknown)
                {
                    problems.Add($"{file.Entry(PathOptions.Key, word)}: {unknown} is none of {PathOptions.Words}; " +
                        $"{path} keeps {Default(path, volumes)}");
                }
                else if (!mounted.Contains(path))
                {
                    problems.Add($"{file.Entry(PathOptions.Key, word)} has no effect: nothing is mounted at {path}");
                }
                else
                {
                    options.Choose(path, PathOptions.Canonical(word[(equals + 1)..]));
                }
            }
        }

        return options;
    }

    private static string Default(string path, ImmutableArray<VolumeRequest> volumes)
    {
        var options = PathOptions.ByTable(path);
        foreach (var volume in volumes)
            if (volume.Path == path) options = volume.Options;
        return options.Length == 0 ? "no options" : options;
    }

    private static HashSet<string> Mounted(ImmutableArray<VolumeRequest> volumes, ImmutableArray<string> rwPaths,
        ImmutableArray<string> statePaths)
    {
        // Mounts of every boot, without an entry in the layout.
        HashSet<string> mounted = [SystemPaths.State, SystemPaths.Oem, SystemPaths.Overlays];
        foreach (var volume in volumes) mounted.Add(volume.Path);
        foreach (var path in rwPaths) mounted.Add(path);
        foreach (var path in statePaths) mounted.Add(path);
        return mounted;
    }

    /// <summary>Each volume with its options: the defaults, or those of the layout.</summary>
    /// <param name="volumes">As listed in the files.</param>
    /// <param name="target">The state directory.</param>
    /// <param name="options">Null: use the defaults.</param>
    private static ImmutableArray<VolumeRequest> WithOptions(ImmutableArray<VolumeRequest> volumes, string target, PathOptions? options)
    {
        var result = ImmutableArray.CreateBuilder<VolumeRequest>(volumes.Length);
        foreach (var volume in volumes)
        {
            var holdsState = MountPath.IsInside(target, volume.Path);
            result.Add(volume with { Options = options?.Of(volume, holdsState) ?? PathOptions.ByTable(volume, holdsState) });
        }
        return result.ToImmutable();
    }
}
