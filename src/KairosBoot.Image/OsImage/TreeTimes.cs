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
    /// The upper bits of the seconds of a file after January 2038; null: of an earlier one. mke2fs writes only the lower 32 bits; the
    /// others are in a field next to the nanoseconds (Documentation/filesystems/ext4, "Inode Timestamps").
    /// </summary>
    internal static int? LateEpoch(FileStatus status)
    {
        var seconds = Seconds(status.MTimeNs);
        return (int)((seconds - unchecked((int)seconds)) >> 32) is > 0 and < 4 and var epoch ? epoch : null;
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
