using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// The file <c>kairosboot/good-boots</c> on COS_OEM: a line for each of the last boots that were marked good, the oldest first. A line has
/// <c>name=value</c> words; the reason of a fallback, which has spaces, is the last one. Unknown words are ignored.
/// <code>
/// time=1795399712 utc=2026-11-23T02:08:32Z boot=5c6b... slot=active why=order image=0123456789abcdef kernel=1204 initrd=951 system=8211
/// lost=0 warnings=0 phases=start:12,drivers:80,disk:5 steps=Ab3xq-9w
/// </code>
/// </summary>
public static class GoodBootFile
{
    /// <summary>At most this many boots, the newest ones, are kept.</summary>
    public const int MaxBoots = 20;

    /// <summary>Bytes of a line with its line feed. A longer line is not one of ours.</summary>
    public const int MaxLine = 1024;

    /// <summary>The size limit of the file.</summary>
    public const int MaxBytes = MaxBoots * MaxLine;

    // Of the words: their sum is less than a line.
    private const int MaxId = 40, MaxWhy = 10, MaxImage = 16, MaxPhases = 200, MaxSteps = 400, MaxReason = 140, MarkLength = 4;

    // Seconds until the year 2286; milliseconds of four months.
    private const long MaxNumber = 9_999_999_999;

    /// <summary>The boots of a file and the number of lines that are damaged.</summary>
    public static (ImmutableArray<GoodBoot> Boots, int Damaged) Parse(string content)
    {
        var boots = ImmutableArray.CreateBuilder<GoodBoot>();
        var damaged = 0;
        foreach (var line in content.Split('\n'))
        {
            if (line.Length == 0) continue;
            if (line.Length < MaxLine && ParseLine(line) is { } boot) boots.Add(boot);
            else damaged++;
        }

        var from = Math.Max(0, boots.Count - MaxBoots);
        return (boots.ToImmutable()[from..], damaged);
    }

    /// <summary>The content with one boot added; the same content if it has a boot of this id already.</summary>
    public static string Add(string content, GoodBoot boot)
    {
        var boots = Parse(content).Boots;
        if (boots.Any(known => known.BootId == boot.BootId)) return content;
        return string.Concat(boots.Add(boot).TakeLast(MaxBoots).Select(Print));
    }

    /// <summary>A line, with its line feed, of at most <see cref="MaxLine"/> bytes.</summary>
    public static string Print(GoodBoot boot)
    {
        var text = new StringBuilder();
        Word(text, "time", Number(boot.Time));
        Word(text, "utc", FailureRecord.Utc(boot.Time).Replace(" UTC", "Z").Replace(' ', 'T'));
        Word(text, "boot", boot.BootId, MaxId);
        Word(text, "slot", boot.Slot.Name());
        Word(text, "why", boot.Why, MaxWhy);
        Word(text, "image", boot.Image, MaxImage);
        Word(text, "kernel", Number(boot.Kernel));
        Word(text, "initrd", Number(boot.Initrd));
        Word(text, "system", Number(boot.System));
        Word(text, "lost", Number(boot.Lost));
        Word(text, "warnings", Number(boot.Warnings));
        Word(text, "phases", Joined(boot.Phases.Select(phase => $"{phase.Name}:{Number(phase.Milliseconds)}"), ",", MaxPhases), MaxPhases);
        Word(text, "steps", Joined(boot.Steps, "", MaxSteps), MaxSteps);
        var reason = PrintableText.Clean(boot.Reason).ReplaceLineEndings(" ");
        if (reason.Length > 0) text.Append("reason=").Append(Ascii(reason)[..Math.Min(reason.Length, MaxReason)]).Append(' ');
        text.Length--;
        return text.Append('\n').ToString();
    }

    // A space would end the word.
    private static void Word(StringBuilder text, string name, string value, int maxLength = MaxId) =>
        text.Append(name).Append('=').Append(Ascii(value)[..Math.Min(value.Length, maxLength)].Replace(' ', '_')).Append(' ');

    /// <summary>As many of the parts as fit, each as a whole.</summary>
    private static string Joined(IEnumerable<string> parts, string separator, int maxLength)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            if (text.Length + separator.Length + part.Length > maxLength) break;
            text.Append(text.Length == 0 ? "" : separator).Append(part);
        }

        return text.ToString();
    }

    // One byte for each character, so that the length of a line is known.
    private static string Ascii(string text) => string.Create(text.Length, text, static (target, from) =>
    {
        for (var i = 0; i < from.Length; i++) target[i] = from[i] is >= ' ' and <= '~' ? from[i] : '?';
    });

    private static string Number(long value) => Math.Min(value, MaxNumber).ToString(CultureInfo.InvariantCulture);

    private static GoodBoot? ParseLine(string line)
    {
        const string Reason = " reason=";
        if (line.Any(c => c is < ' ' or > '~')) return null;
        var reason = line.IndexOf(Reason, StringComparison.Ordinal);
        var words = new Dictionary<string, string>();
        foreach (var word in (reason < 0 ? line : line[..reason]).Split(' '))
            if (word.IndexOf('=') is > 0 and var at) words[word[..at]] = word[(at + 1)..];
        string Text(string name) => words.GetValueOrDefault(name, "");
        long Count(string name) => NumberOf(Text(name)) ?? 0;
        if (NumberOf(Text("time")) is not { } time || SlotNames.TryParse(Text("slot")) is not { } slot || Text("boot").Length == 0)
            return null;
        return new(Text("boot"), time, slot)
        {
            Why = Text("why"), Reason = reason < 0 ? "" : line[(reason + Reason.Length)..], Image = Text("image"),
            Kernel = Count("kernel"), Initrd = Count("initrd"), System = Count("system"),
            Lost = (int)Math.Min(Count("lost"), BootCounter.Full), Warnings = (int)Math.Min(Count("warnings"), 9999),
            Phases = [.. Phases(Text("phases"))], Steps = [.. Marks(Text("steps"))],
        };
    }

    private static IEnumerable<(string, long)> Phases(string text)
    {
        foreach (var phase in text.Split(','))
        {
            if (phase.Split(':') is [{ Length: > 0 } name, var length] && NumberOf(length) is { } milliseconds)
                yield return (name, milliseconds);
        }
    }

    private static IEnumerable<string> Marks(string text)
    {
        for (var i = 0; i + MarkLength <= text.Length; i += MarkLength) yield return text.Substring(i, MarkLength);
    }

    private static long? NumberOf(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= MaxNumber ? number : null;
}
