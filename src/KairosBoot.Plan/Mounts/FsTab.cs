using System.Collections.Immutable;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>/etc/fstab of the new root: the actual mounts, in mount order. fstab(5).</summary>
public static class FsTab
{
    /// <param name="mounted">A planned mount that was made, and its type and source in mountinfo.</param>
    public static string Text(ImmutableArray<(PlannedMount Planned, MountInfo Actual)> mounted)
    {
        var text = new StringBuilder("# Written by kairos-boot at every boot: what it mounted, in mount order.\n");
        foreach (var (planned, actual) in mounted)
        {
            text.Append(Escape(planned.FstabSource ?? actual.Source)).Append(' ')
                .Append(Escape(SystemPaths.InNewRoot(planned.Target))).Append(' ')
                .Append(planned.Type == "none" ? "none" : actual.Type).Append(' ')
                .Append(Options(planned, actual))
                // No file-system check by userland, least of all of the root: e2fsck refuses a mounted read-only device, and inits other
                // than systemd stop because of that.
                .Append(" 0 0\n");
        }
        return text.ToString();
    }

    // A read-only mount is not listed as writable: userland's remount would fail or, worse, succeed.
    private static string Options(PlannedMount planned, MountInfo actual)
    {
        if (!actual.ReadOnly || planned.ReadOnly) return planned.Options;
        if (planned.Options == "rw") return "ro";
        return planned.Options.StartsWith("rw,", StringComparison.Ordinal) ? string.Concat("ro", planned.Options.AsSpan(2))
            : planned.Options + ",ro";
    }

    private static string Escape(string field) => field.AsSpan().IndexOfAny(' ', '\t', '\\') < 0 ? field
        : field.Replace("\\", @"\134").Replace(" ", @"\040").Replace("\t", @"\011");
}
