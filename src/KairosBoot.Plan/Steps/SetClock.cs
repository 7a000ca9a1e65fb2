using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>When a volume was last written, by the clock of that time.</summary>
/// <param name="Name">Its label.</param>
/// <param name="Seconds">Seconds since 1970.</param>
public sealed record ClockStamp(string Name, long Seconds);

/// <summary>
/// Sets the clock forward if it is earlier than a time that has passed for certain. A machine without a battery for its clock starts in
/// 1970: certificates are not valid yet, and a check of a file system finds that it was last written in the future.
/// </summary>
/// <param name="Class">What a failure means for the boot.</param>
/// <param name="Root">Where the image is mounted.</param>
/// <param name="Volumes">Volumes that were written earlier.</param>
public sealed record SetClock(StepClass Class, string Root, ImmutableArray<ClockStamp> Volumes) : Step(Class)
{
    /// <summary>Files in the image. The first one that exists was written when the image was built.</summary>
    public static ImmutableArray<string> Epochs { get; } = ["/usr/lib/clock-epoch", "/usr/lib/os-release", "/etc/os-release"];

    /// <summary>A volume that was written so many seconds after the image was built has a wrong time: 15 years.</summary>
    public const long MaxAge = 15L * 36525 * 864;

    // An image built with fixed times may say 0 or 1 for all its files.
    private const long FirstPlausible = 946_684_800; // 2000-01-01

    public override string Place => "/dev/rtc0";

    public override string Command
    {
        get
        {
            string image = "", volumes = "";
            foreach (var path in Epochs) image += (image.Length > 0 ? " || " : "") + $"stat -c %Y {ShellText.Quote(Root + path)}";
            foreach (var volume in Volumes) volumes += " " + volume.Seconds.ToString();
            var limit = $"[ $i -ge {FirstPlausible.ToString()} ] && [ $t -gt $((i + {MaxAge.ToString()})) ]";
            var newest = volumes.Length == 0 ? "" : $"for t in{volumes}; do [ $t -le $n ] || {{ {limit}; }} || n=$t; done; ";
            return $"i=$( ({image} || echo 0) 2>/dev/null ); n=$i; {newest}[ $n -le $(date +%s) ] || date -s @$n";
        }
    }

    /// <summary>The time to set, or null where the clock is right as far as known; and a sentence about it, or null.</summary>
    /// <param name="now">What the clock says, in seconds since 1970.</param>
    /// <param name="image">The time of the image; 0: it has none.</param>
    public (long? Time, string? Note) Decide(long now, long image)
    {
        var newest = new ClockStamp("the image", image);
        var ignored = "";
        foreach (var volume in Volumes)
        {
            if (volume.Seconds <= newest.Seconds) continue;
            if (image < FirstPlausible || volume.Seconds <= image + MaxAge)
            {
                newest = volume;
                continue;
            }
            if (ignored.Length > 0) ignored += "; ";
            ignored += $"the last write of {volume.Name} at {FailureRecord.Utc(volume.Seconds)} is ignored: " +
                $"it is more than 15 years after the image, of {FailureRecord.Utc(image)}";
        }
        if (newest.Seconds <= now) return (null, ignored.Length > 0 ? ignored : null);
        var written = newest.Seconds == image ? "the image was built" : newest.Name + " was written";
        var set = $"the clock said {FailureRecord.Utc(now)}, but {written} at {FailureRecord.Utc(newest.Seconds)}: it is set to that time";
        return (newest.Seconds, ignored.Length > 0 ? set + "; " + ignored : set);
    }
}
