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
        // A bind comes from what holds its source, and is as writable as that, which has had its own say.
        var holder = planned.Type == "none" ? Holder(planned.Root, actual) : null;
        if (WrongOrigin(planned, holder, top) is { } reason) return new(planned, reason);
        var expectedReadOnly = planned.ReadOnly || holder is { ReadOnly: true };
        return top.ReadOnly && !expectedReadOnly ? new(planned, "is read-only", LostWrites: true) : null;
    }

    private static string? WrongOrigin(PlannedMount planned, MountInfo? holder, MountInfo top)
    {
        // Of the devices of a btrfs any may be shown.
        if ((holder?.Source ?? planned.Source) is { } source && top.Source != source && top.Type != "btrfs") return $"comes from {top.Source}, not {source}";
        foreach (var flag in (string[])["nosuid", "nodev", "noexec", "noatime"])
            if (Has(planned.Options, flag) && !Has(top.Options, flag)) return $"lacks the option {flag}";
        // A kept layer on a read-only volume has become a lower one: its step has said so.
        if (planned.Layers is { } layers && !top.ReadOnly)
        {
            foreach (var layer in layers.Split(','))
                if (!Has(top.FileSystemOptions, layer)) return $"lacks the layer {layer}";
        }

        return null;
    }

    private static bool Has(string options, string option) => Array.IndexOf(options.Split(','), option) >= 0;

    /// <summary>The mount in which a directory of the new root lies.</summary>
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
