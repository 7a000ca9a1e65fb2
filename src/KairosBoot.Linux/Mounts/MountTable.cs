using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>The mounts of the calling thread.</summary>
public static class MountTable
{
    public static ImmutableArray<MountInfo> Read() => MountInfo.Parse(FileText.Read("/proc/thread-self/mountinfo"));

    /// <summary>The mount at this mount point; of several, the last one, which hides the others; null: nothing is mounted there.</summary>
    public static MountInfo? Find(string mountPoint)
    {
        var mounts = Read();
        for (var i = mounts.Length - 1; i >= 0; i--)
            if (mounts[i].MountPoint == mountPoint) return mounts[i];
        return null;
    }

    /// <summary>Something is mounted at this path: as mountpoint(1) finds out, which is cheaper than to read all mounts.</summary>
    /// <param name="path">A path whose last name is not a link. A bind mount of the file system that contains it is not found.</param>
    public static bool IsMountPoint(string path) =>
        Syscall.TryLStat(path) is { } status && Syscall.TryStat(PathParts.ParentOf(path)) is { } parent && status.Device != parent.Device;

    /// <summary>
    /// Unmounts everything at or below these paths, the last mount first. A busy mount is detached: its journal is closed after its last
    /// user.
    /// </summary>
    public static void UnmountBelow(ImmutableArray<string> paths)
    {
        var mounts = Read();
        for (var i = mounts.Length - 1; i >= 0; i--)
        {
            foreach (var path in paths)
            {
                if (MountPath.IsInside(mounts[i].MountPoint, path))
                {
                    Syscall.Umount(mounts[i].MountPoint, lazily: true);
                    break;
                }
            }
        }
    }
}
