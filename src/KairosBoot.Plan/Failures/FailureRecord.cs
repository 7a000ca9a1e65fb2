using System.Globalization;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>Why a boot failed. It survives the reboot: an operator can read it, and the next good boot reports it.</summary>
public sealed class FailureRecord
{
    /// <summary>At most this many bytes (UTF-8) from the end of the boot's log are kept.</summary>
    public const int MaxLog = 8 * 1024;

    // A boot's list of devices and drivers can be long; the failure is at the start.
    private const int MaxText = 4 * 1024;
    private const string WhichBoot = "failed boot: id=";

    private string problem = "", log = "";

    /// <summary>Seconds since 1970 by the machine's clock, which may be wrong on a machine without a battery.</summary>
    public long Time { get; set; }
    /// <summary>/proc/sys/kernel/random/boot_id of that boot; empty: not known.</summary>
    public string BootId { get; set; } = "";
    /// <summary>Null: the boot failed before it read its command line.</summary>
    public Slot? Slot { get; set; }
    /// <summary>Path of the image inside its partition; empty: the boot failed before it read its command line.</summary>
    public string Image { get; set; } = "";
    /// <summary><c>uname -r</c>.</summary>
    public string Kernel { get; set; } = "";
    /// <summary>What failed and where.</summary>
    public string Problem { get => problem; set => problem = Head(Clean(value)); }
    /// <summary>How to fix it; null: an earlier version recorded none.</summary>
    public string? Fix { get; set; }
    /// <summary>The shell command that does the same as the failed step; null: the failure was not in a step.</summary>
    public string? Step { get; set; }
    /// <summary>The end of the boot's log.</summary>
    public string Log { get => log; set => log = Tail(Clean(value)); }

    /// <summary>Where a good boot found the record: <c>oem</c>, <c>state</c>, <c>pstore</c>, <c>counters</c>; empty until then.</summary>
    public string FoundIn { get; set; } = "";

    public string SlotName => Slot is { } slot ? slot.Name() : "unknown";

    /// <summary>The lines for the kernel log, from which <see cref="FailureDump"/> reads the record back.</summary>
    public List<string> KernelLines()
    {
        var lines = new List<string>(4);
        // The fields without spaces first, and the image, whose path may contain spaces, at the end.
        ReadOnlySpan<string> all =
        [
            "BOOT FAILED: " + Problem, Fix is null ? "" : "to fix: " + Fix, Step is null ? "" : "step: " + Step,
            string.Concat([WhichBoot, BootId, " time=", Time.ToString(CultureInfo.InvariantCulture), " slot=", SlotName,
                " kernel=", Kernel, " image=", Image]),
        ];
        foreach (var line in all)
        {
            if (line.Length > 0) lines.Add(line);
        }

        return lines;
    }

    /// <summary>Reads from such a line which boot it was; false: it is another line.</summary>
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

    /// <summary>The record on one line, for a log.</summary>
    public string Summary
    {
        get
        {
            var end = Problem.IndexOf('\n');
            return string.Concat([Utc(Time), ", ", SlotName, Image.Length == 0 ? "" : " (" + Image + ")", ": ",
                end < 0 ? Problem : Problem[..end], Fix is null ? "" : "; to fix: " + Fix]);
        }
    }

    /// <summary><c>2026-11-23 02:08:32 UTC</c>. Written by hand: the library's formatting would make PID 1 larger.</summary>
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
        Span<char> text = stackalloc char["yyyy-mm-dd hh:mm:ss UTC".Length];
        "    -  -     :  :   UTC".CopyTo(text);
        Put(text[..4], year);
        Put(text[5..7], month);
        Put(text[8..10], day);
        Put(text[11..13], second / 3600);
        Put(text[14..16], second / 60 % 60);
        Put(text[17..19], second % 60);
        return text.ToString();
    }

    private static void Put(Span<char> place, long number)
    {
        for (var i = place.Length - 1; i >= 0; i--, number /= 10) place[i] = (char)('0' + number % 10);
    }

    private static string Head(string text) => text.Length <= MaxText ? text : text[..LineWrap.End(text, 0, MaxText)] + " ...";

    // Starts at a whole line: half a line is useless.
    private static string Tail(string text)
    {
        text = text.Trim('\n');
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length <= MaxLog) return text;
        // Includes the byte before the cut: if it ends a line, the next line is whole.
        var end = bytes.AsSpan(bytes.Length - MaxLog - 1);
        var cut = end.IndexOf((byte)'\n');
        return cut < 0 ? "" : Encoding.UTF8.GetString(end[(cut + 1)..]);
    }

    /// <summary>
    /// Cleans here already, because the limits apply to the shown text. Lines of a firmware's log also end with a carriage return.
    /// </summary>
    private static string Clean(string text) => PrintableText.Clean(text.Replace("\r", ""));
}
