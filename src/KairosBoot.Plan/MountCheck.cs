using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>A planned mount that is not what the kernel shows.</summary>
/// <param name="Planned">The mount as its step left it.</param>
/// <param name="Reason">What is wrong: <c>is not mounted</c>.</param>
/// <param name="LostWrites">Nothing more is wrong than that it cannot be written to.</param>
public sealed record MountMismatch(PlannedMount Planned, string Reason, bool LostWrites = false);

/// <summary>Holds what was mounted to mountinfo: a call that returned 0 is not yet a mount that is there.</summary>
public static class MountCheck
{
    public static ImmutableArray<MountMismatch> Compare(ImmutableArray<PlannedMount> planned, ImmutableArray<MountInfo> actual)
    {
        var wrong = ImmutableArray.CreateBuilder<MountMismatch>();
        foreach (var mount in planned)
            if (Mismatch(mount, actual) is { } mismatch) wrong.Add(mismatch);
        return wrong.ToImmutable();
    }

    private static MountMismatch? Mismatch(PlannedMount planned, ImmutableArray<MountInfo> actual)
    {
        MountInfo? top = null;
        foreach (var mount in actual)
            if (mount.MountPoint == planned.Target) top = mount;
        if (top is null) return new(planned, "is not mounted");
        if (planned.Type is not (null or "none") && top.Type != planned.Type) return new(planned, $"is {top.Type}, not {planned.Type}");
        // A bind's root is relative to the file system its source is on, whose mount point the name here still has in front. A btrfs shows
        // its default subvolume there.
        if (top.Type != "btrfs" && !planned.Root.EndsWith(top.Root, StringComparison.Ordinal))
            return new(planned, $"shows {top.Root}, not {planned.Root}");
        if (planned.ReadOnly && !top.ReadOnly) return new(planned, "is writable");
        // A bind is as writable as what holds its source, and that has had its own say.
        var expectedReadOnly = planned.ReadOnly || planned.Type == "none" && Holder(planned.Root, actual) is { ReadOnly: true };
        return top.ReadOnly && !expectedReadOnly ? new(planned, "is read-only", LostWrites: true) : null;
    }

    /// <summary>The mount in which a directory of the new root lies.</summary>
    private static MountInfo? Holder(string directory, ImmutableArray<MountInfo> actual)
    {
        MountInfo? holder = null;
        foreach (var mount in actual)
            if (MountPath.IsInside(SystemPaths.Sysroot + directory, mount.MountPoint)
                && (holder is null || mount.MountPoint.Length >= holder.MountPoint.Length)) holder = mount;
        return holder;
    }
}
