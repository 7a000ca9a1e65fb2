namespace KairosBoot.Plan;

/// <summary>What passes the time of a part of the boot.</summary>
internal static class WaitReasons
{
    private static readonly (TimelineKind Kind, string Part, string Reason)[] Table =
    [
        (TimelineKind.Kernel, "", "the kernel and its drivers; see dmesg"),
        (TimelineKind.Phase, "given-up", "attempts that failed"),
        (TimelineKind.Phase, "start", "kairos-boot itself, the watchdog, pstore"),
        (TimelineKind.Phase, "drivers", "drivers to find their devices"),
        (TimelineKind.Phase, "disk", "the boot disk and its partitions to appear"),
        (TimelineKind.Phase, "rootfs", "programs and configs of the stage rootfs"),
        (TimelineKind.Phase, "root", "the partition of the images, and the checks of the image"),
        (TimelineKind.Phase, "layout", "volumes to appear, and what is between the steps"),
        (TimelineKind.Phase, "initramfs", "programs and configs of the stage initramfs"),
        (TimelineKind.Phase, "hand-over", "the report, and reasons of failed boots"),
        (TimelineKind.Entry, "", "the keys and commands of this entry"),
        // The first row that fits: the more specific ones first.
        (TimelineKind.Step, "-o loop", "the image, its partition and a loop device"),
        (TimelineKind.Step, "fsck", "the mount of {device}, and its check if one was due"),
        (TimelineKind.Step, "mount -t overlay", "an overlay mount"),
        (TimelineKind.Step, "mount --bind", "a bind mount"),
        (TimelineKind.Step, "# fill new stores", "files of the image to be copied, or merged with those of the user"),
        (TimelineKind.Step, "/etc/machine-id", "writes of the machine id to its stores"),
        (TimelineKind.Step, " /dev/", "the mount of {device}"),
        (TimelineKind.Step, "mount ", "a mount"),
    ];

    /// <param name="kind">Kind of the part.</param>
    /// <param name="name">Its name.</param>
    internal static string Of(TimelineKind kind, string name)
    {
        foreach (var row in Table)
        {
            if (row.Kind != kind) continue;
            if (row.Kind == TimelineKind.Phase ? row.Part == name : name.Contains(row.Part, StringComparison.Ordinal))
                return row.Reason.Replace("{device}", DeviceIn(name));
        }

        return "";
    }

    private static string DeviceIn(string command)
    {
        var start = command.IndexOf(" /dev/", StringComparison.Ordinal) + 1;
        if (start == 0) return "a volume";
        var end = command.IndexOfAny([' ', ';'], start);
        return end < 0 ? command[start..] : command[start..end];
    }
}
