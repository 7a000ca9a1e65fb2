using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>The mounts that can be seen, by mount point: of several at one mount point, the last one hides the others.</summary>
public sealed class VisibleMounts
{
    private readonly Dictionary<string, MountInfo> byPoint = [];

    /// <param name="mounts">In the kernel's order.</param>
    public VisibleMounts(ImmutableArray<MountInfo> mounts)
    {
        foreach (var mount in mounts) byPoint[mount.MountPoint] = mount;
    }

    /// <summary>Null: nothing is mounted there.</summary>
    public MountInfo? At(string mountPoint) => byPoint.GetValueOrDefault(mountPoint);

    /// <summary>The mount that contains a path. Null: none, not even a root.</summary>
    /// <param name="path">Absolute.</param>
    public MountInfo? Holding(string path)
    {
        while (true)
        {
            if (At(path) is { } mount) return mount;
            if (path.Length <= 1) return null;
            path = PathParts.ParentOf(path);
        }
    }
}
