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
    private static readonly string[] CheckedFlags = ["nosuid", "nodev", "noexec", "noatime"];

    public static ImmutableArray<MountMismatch> Compare(ImmutableArray<PlannedMount> planned, VisibleMounts actual)
    {
        var wrong = ImmutableArray.CreateBuilder<MountMismatch>();
        foreach (var mount in planned)
            if (Compare(mount, actual) is { } mismatch) wrong.Add(mismatch);
        return wrong.ToImmutable();
    }

    /// <summary>Null: the mount is as planned.</summary>
    public static MountMismatch? Compare(PlannedMount planned, VisibleMounts actual)
    {
        if (actual.At(planned.Target) is not { } top) return new(planned, "is not mounted");
        if (planned.Type is not (null or "none") && top.Type != planned.Type) return new(planned, $"is {top.Type}, not {planned.Type}");
        // The root of a bind is relative to the source's file system, while this path still includes that file system's mount point. For
        // btrfs, mountinfo shows the default subvolume there.
        if (top.Type != "btrfs" && !planned.Root.EndsWith(top.Root, StringComparison.Ordinal))
            return new(planned, $"shows {top.Root}, not {planned.Root}");
        if (planned.ReadOnly && !top.ReadOnly) return new(planned, "is writable");
        // A bind has the source of the mount that contains its directory, and is as writable as that mount, which is checked separately.
        var holder = planned.Type == "none" ? actual.Holding(SystemPaths.Sysroot + planned.Root) : null;
        if (WrongOrigin(planned, holder, top) is { } reason) return new(planned, reason);
        var expectedReadOnly = planned.ReadOnly || holder is { ReadOnly: true };
        return top.ReadOnly && !expectedReadOnly ? new(planned, "is read-only", LostWrites: true) : null;
    }

    private static string? WrongOrigin(PlannedMount planned, MountInfo? holder, MountInfo top)
    {
        // A btrfs on several devices may show any of them.
        if ((holder?.Source ?? planned.Source) is { } source && top.Source != source && top.Type != "btrfs")
            return $"comes from {top.Source}, not {source}";
        foreach (var flag in CheckedFlags)
            if (Has(planned.Options, flag) && !Has(top.Options, flag)) return $"lacks the option {flag}";
        // A kept layer on a read-only volume was mounted as a lower one, and its step has reported that.
        if (planned.Layers is { } layers && !top.ReadOnly)
        {
            foreach (var layer in layers.Split(','))
                if (!Has(top.FileSystemOptions, layer)) return $"lacks the layer {layer}";
        }

        return null;
    }

    private static bool Has(string options, string option)
    {
        for (var at = 0; at + option.Length <= options.Length;)
        {
            var end = at + option.Length;
            if (string.CompareOrdinal(options, at, option, 0, option.Length) == 0 && (end == options.Length || options[end] == ','))
                return true;
            var comma = options.IndexOf(',', at);
            if (comma < 0) return false;
            at = comma + 1;
        }
        return false;
    }
}
