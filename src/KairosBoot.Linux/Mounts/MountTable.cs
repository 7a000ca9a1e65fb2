using System.Collections.Immutable;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>The mounts that the calling thread sees, as the kernel has them.</summary>
public static class MountTable
{
    public static ImmutableArray<MountInfo> Read() => MountInfo.Parse(FileText.Read("/proc/thread-self/mountinfo"));

    /// <summary>What is mounted there, of several the last one, which hides the others; null: nothing.</summary>
    public static MountInfo? Find(string mountPoint)
    {
        var mounts = Read();
        for (var i = mounts.Length - 1; i >= 0; i--)
            if (mounts[i].MountPoint == mountPoint) return mounts[i];
        return null;
    }

    /// <summary>Takes away everything mounted at or below these paths, last mount first. What is busy is detached: its journal is closed when its
    /// last user goes.</summary>
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
