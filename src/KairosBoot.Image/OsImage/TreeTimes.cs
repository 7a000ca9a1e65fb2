using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>Times of files that a format cannot store, or that its tool writes wrongly.</summary>
internal static class TreeTimes
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>The seconds of a time, rounded down also before 1970: a file system counts nanoseconds upwards from them.</summary>
    internal static long Seconds(long timeNs)
    {
        var (seconds, rest) = Math.DivRem(timeNs, NanosecondsPerSecond);
        return rest < 0 ? seconds - 1 : seconds;
    }

    /// <summary>
    /// Files of a tree after January 2038, with the upper bits of their seconds. mke2fs writes only the lower 32 bits; the others are in a
    /// field next to the nanoseconds (Documentation/filesystems/ext4, "Inode Timestamps").
    /// </summary>
    internal static IEnumerable<(string Path, int Epoch)> Late(SourceTree tree)
    {
        foreach (var (path, status, _) in TreeSummary.Walk(tree.Path, ""))
        {
            var seconds = Seconds(status.MTimeNs);
            var epoch = (seconds - unchecked((int)seconds)) >> 32;
            if (epoch is > 0 and < 4 && path.Length > 0) yield return (path, (int)epoch);
        }
    }

    /// <summary>Whether squashfs can store all times of a tree: from 1970 to 2106.</summary>
    internal static bool FitSquashfs(SourceTree tree) =>
        TreeSummary.Walk(tree.Path, "").All(file => Seconds(file.Status.MTimeNs) is >= 0 and <= uint.MaxValue);

    /// <summary>Sets the times of a temporary tree that squashfs cannot store to the nearest that it can.</summary>
    internal static void LimitForSquashfs(string root)
    {
        using var directory = new ExtractionDirectory(root);
        foreach (var (path, status, _) in TreeSummary.Walk(root, ""))
        {
            var seconds = Seconds(status.MTimeNs);
            var limited = Math.Clamp(seconds, 0, uint.MaxValue);
            if (limited == seconds) continue;
            using var file = path.Length == 0 ? null : directory.TryOpen(path);
            Syscall.UTimes(file ?? directory.Root, limited * NanosecondsPerSecond);
        }
    }
}
