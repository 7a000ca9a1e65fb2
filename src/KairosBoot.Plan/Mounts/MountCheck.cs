using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>A planned mount that differs from mountinfo.</summary>
/// <param name="Planned">The mount after its step.</param>
/// <param name="Reason">What is wrong, as a predicate: <c>is not mounted</c>.</param>
/// <param name="LostWrites">The only difference is that it is read-only.</param>
public sealed record MountMismatch(PlannedMount Planned, string Reason, bool LostWrites = false);

/// <summary>Compares mounts with mountinfo: a call that returned 0 does not prove that the mount exists.</summary>
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
        // The root of a bind is relative to the source's file system, while this path still includes that file system's mount point. For
        // btrfs, mountinfo shows the default subvolume there.
        if (top.Type != "btrfs" && !planned.Root.EndsWith(top.Root, StringComparison.Ordinal))
            return new(planned, $"shows {top.Root}, not {planned.Root}");
        if (planned.ReadOnly && !top.ReadOnly) return new(planned, "is writable");
        // A bind has the source of the mount that contains its directory, and is as writable as that mount, which is checked separately.
        var holder = planned.Type == "none" ? Holder(planned.Root, actual) : null;
        if (WrongOrigin(planned, holder, top) is { } reason) return new(planned, reason);
        var expectedReadOnly = planned.ReadOnly || holder is { ReadOnly: true };
        return top.ReadOnly && !expectedReadOnly ? new(planned, "is read-only", LostWrites: true) : null;
    }

    private static string? WrongOrigin(PlannedMount planned, MountInfo? holder, MountInfo top)
    {
        // A btrfs on several devices may show any of them.
        if ((holder?.Source ?? planned.Source) is { } source && top.Source != source && top.Type != "btrfs")
            return $"comes from {top.Source}, not {source}";
        foreach (var flag in (string[])["nosuid", "nodev", "noexec", "noatime"])
            if (Has(planned.Options, flag) && !Has(top.Options, flag)) return $"lacks the option {flag}";
        // A kept layer on a read-only volume was mounted as a lower one, and its step has reported that.
        if (planned.Layers is { } layers && !top.ReadOnly)
        {
            foreach (var layer in layers.Split(','))
                if (!Has(top.FileSystemOptions, layer)) return $"lacks the layer {layer}";
        }

        return null;
    }

    private static bool Has(string options, string option) => Array.IndexOf(options.Split(','), option) >= 0;

    /// <summary>The mount that contains a directory of the new root.</summary>
    private static MountInfo? Holder(string directory, ImmutableArray<MountInfo> actual)
    {
        MountInfo? holder = null;
        foreach (var mount in actual)
        {
            if (MountPath.IsInside(SystemPaths.Sysroot + directory, mount.MountPoint)
                && (holder is null || mount.MountPoint.Length >= holder.MountPoint.Length))
            {
                holder = mount;
            }
        }

        return holder;
    }
}
