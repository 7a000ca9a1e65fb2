using System.Globalization;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>Why a boot failed, as it outlives the reboot: for a person to read, and for the next good boot to report.</summary>
public sealed class FailureRecord
{
    /// <summary>The log of the boot is cut to its end: this many bytes of UTF-8 at most.</summary>
    public const int MaxLog = 8 * 1024;

    // One boot's list of devices and drivers can be long; what is wrong stands first.
    private const int MaxText = 4 * 1024;
    private const string WhichBoot = "failed boot: id=";

    private string problem = "", log = "";

    /// <summary>Seconds since 1970 as the machine's clock had it; a machine without a battery may be far off.</summary>
    public long Time { get; set; }
    /// <summary>/proc/sys/kernel/random/boot_id of that boot; empty where it is not known.</summary>
    public string BootId { get; set; } = "";
    /// <summary>Null where the boot did not get as far as its command line.</summary>
    public Slot? Slot { get; set; }
    /// <summary>Image inside its partition; empty where the boot did not get as far as its command line.</summary>
    public string Image { get; set; } = "";
    /// <summary><c>uname -r</c>.</summary>
    public string Kernel { get; set; } = "";
    /// <summary>What went wrong and where.</summary>
    public string Problem { get => problem; set => problem = Head(Clean(value)); }
    /// <summary>What to do about it; null where nobody but a developer can tell.</summary>
    public string? Fix { get; set; }
    /// <summary>The shell command that amounts to the step that failed; null where it was none.</summary>
    public string? Step { get; set; }
    /// <summary>The end of the boot's log.</summary>
    public string Log { get => log; set => log = Tail(Clean(value)); }

    /// <summary>Where a good boot found it: <c>oem</c>, <c>state</c>, <c>pstore</c>; empty until then.</summary>
    public string FoundIn { get; set; } = "";

    public string SlotName => Slot is { } slot ? slot.Name() : "unknown";

    /// <summary>What the kernel log is told, from which <see cref="FailureDump"/> has the record again.</summary>
    public List<string> KernelLines()
    {
        var lines = new List<string> { "BOOT FAILED: " + Problem };
        if (Fix is not null) lines.Add("to fix it: " + Fix);
        if (Step is not null) lines.Add("step: " + Step);
        // Everything that is one word, and the image, which may hold spaces, at the end.
        lines.Add($"{WhichBoot}{BootId} time={Time} slot={SlotName} kernel={Kernel} image={Image}");
        return lines;
    }

    /// <summary>Takes from such a line which boot it was; false where it is another one.</summary>
    internal bool TryTakeWhichBoot(string line)
    {
        if (!line.StartsWith(WhichBoot, StringComparison.Ordinal)) return false;
        var words = line[WhichBoot.Length..].Split(' ', 5);
        string Value(int word, string name) =>
            words.Length > word && words[word].StartsWith(name, StringComparison.Ordinal) ? words[word][name.Length..] : "";
        (BootId, Slot, Kernel, Image) = (words[0], SlotNames.TryParse(Value(2, "slot=")), Value(3, "kernel="), Value(4, "image="));
        if (long.TryParse(Value(1, "time="), CultureInfo.InvariantCulture, out var time)) Time = time;
        return true;
    }

    /// <summary>On one line, for a log.</summary>
    public string Summary
    {
        get
        {
            var end = Problem.IndexOf('\n');
            return $"{Utc(Time)}, {SlotName} ({Image}): {(end < 0 ? Problem : Problem[..end])}{(Fix is null ? "" : "; to fix it: " + Fix)}";
        }
    }

    /// <summary><c>2026-11-23 02:08:32 UTC</c>. By hand: the library's formatting would weigh more than all of this.</summary>
    public static string Utc(long unixSeconds)
    {
        var days = Math.DivRem(Math.Clamp(unixSeconds, 0, 253_402_300_799), 86_400, out var second);
        // Days to date in the Gregorian calendar, years starting in March: Howard Hinnant's civil_from_days.
        var z = days + 719_468;
        var era = z / 146_097;
        var dayOfEra = z % 146_097;
        var year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        var dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100);
        var month = (5 * dayOfYear + 2) / 153;
        var day = dayOfYear - (153 * month + 2) / 5 + 1;
        month = month < 10 ? month + 3 : month - 9;
        year += era * 400 + (month <= 2 ? 1 : 0);
        return $"{year:d4}-{month:d2}-{day:d2} {second / 3600:d2}:{second / 60 % 60:d2}:{second % 60:d2} UTC";
    }

    private static string Head(string text) => text.Length <= MaxText ? text : text[..MaxText] + " ...";

    // From the start of a line: half a line at the top says nothing.
    private static string Tail(string text)
    {
        text = text.Trim('\n');
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length <= MaxLog) return text;
        // The byte before the end counts: a line that begins just there is whole.
        var end = bytes.AsSpan(bytes.Length - MaxLog - 1);
        var cut = end.IndexOf((byte)'\n');
        return cut < 0 ? "" : Encoding.UTF8.GetString(end[(cut + 1)..]);
    }

    /// <summary>Here already: the limits are of what is shown. Lines of a firmware's log end with a carriage return too.</summary>
    private static string Clean(string text) => PrintableText.Clean(text.Replace("\r", ""));
}
