using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>A planned mount that is not what the kernel shows.</summary>
public sealed record MountMismatch(PlannedMount Planned, string Reason);

/// <summary>Holds the plan to mountinfo: a call that returned 0 is not yet a mount that is there.</summary>
public static class MountCheck
{
    public static ImmutableArray<MountMismatch> Compare(ImmutableArray<PlannedMount> planned, ImmutableArray<MountInfo> actual)
    {
        var wrong = ImmutableArray.CreateBuilder<MountMismatch>();
        foreach (var mount in planned)
            if (Mismatch(mount, actual) is { } reason) wrong.Add(new(mount, reason));
        return wrong.ToImmutable();
    }

    private static string? Mismatch(PlannedMount planned, ImmutableArray<MountInfo> actual)
    {
        MountInfo? top = null;
        foreach (var mount in actual)
            if (mount.MountPoint == planned.Target) top = mount;
        if (top is null) return "is not mounted";
        if (planned.Type is not (null or "none") && top.Type != planned.Type) return $"is {top.Type}, not {planned.Type}";
        if (planned.ReadOnly != top.ReadOnly) return planned.ReadOnly ? "is writable" : "is read-only";
        // A bind's root is relative to the file system its source is on, whose mount point the name here still has in front. A btrfs shows
        // its default subvolume there.
        if (top.Type != "btrfs" && !planned.Root.EndsWith(top.Root, StringComparison.Ordinal)) return $"shows {top.Root}, not {planned.Root}";
        return null;
    }
}
