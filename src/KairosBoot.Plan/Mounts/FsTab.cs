using System.Collections.Immutable;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>/etc/fstab of the new root: what was really mounted, in mount order. fstab(5).</summary>
public static class FsTab
{
    /// <param name="mounted">A planned mount that was made, and the type and source mountinfo shows for it.</param>
    public static string Text(ImmutableArray<(PlannedMount Planned, MountInfo Actual)> mounted)
    {
        var text = new StringBuilder("# Written by kairos-boot at every boot: what it mounted, in mount order.\n");
        foreach (var (planned, actual) in mounted)
        {
            text.Append(Escape(planned.FstabSource ?? actual.Source)).Append(' ')
                .Append(Escape(SystemPaths.InNewRoot(planned.Target))).Append(' ')
                .Append(planned.Type == "none" ? "none" : actual.Type).Append(' ')
                .Append(Options(planned, actual))
                // No file-system check by userland, of the root least of all: e2fsck refuses a read-only device that is mounted, and
                // inits other than systemd take that for a reason to stop.
                .Append(" 0 0\n");
        }
        return text.ToString();
    }

    // What cannot be written to is not said to be writable: a remount by userland would be refused, or worse, would not.
    private static string Options(PlannedMount planned, MountInfo actual)
    {
        if (!actual.ReadOnly || planned.ReadOnly) return planned.Options;
        if (planned.Options == "rw") return "ro";
        return planned.Options.StartsWith("rw,", StringComparison.Ordinal) ? string.Concat("ro", planned.Options.AsSpan(2)) : planned.Options + ",ro";
    }

    private static string Escape(string field) => field.Replace("\\", @"\134").Replace(" ", @"\040").Replace("\t", @"\011");
}
