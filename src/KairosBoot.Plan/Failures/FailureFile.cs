using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// The file <c>kairosboot/failed-boots</c> of a partition: one block for each failed boot, the oldest first. A block has <c>key: value</c>
/// lines between its first and last line; lines that start with two spaces continue a value. Unknown keys are ignored.
/// <code>
/// --- boot failed ---
/// time: 1795399712 (2026-11-23 02:08:32 UTC)
/// boot: 5c6b0a52-7d3e-4b6e-9a53-0f6d7f0f7f3c
/// slot: active
/// image: /cOS/active.img
/// kernel: 6.1.0-56-cloud-amd64
/// problem: image /run/initramfs/cos-state/cOS/active.img is missing
/// fix: put an image there, or boot another slot
/// step: mount -o loop,ro /run/initramfs/cos-state/cOS/active.img /sysroot
/// log:
///   [    1.204311] info  booting active from /cOS/active.img, kernel 6.1.0-56-cloud-amd64
/// --- end ---
/// </code>
/// The file of the records that were reported ends with the mark of the last boot that followed a lost one (<see cref="LostBoot"/>):
/// <c>started: active 1 5c6b...</c>.
/// </summary>
public static class FailureFile
{
    /// <summary>At most this many records, the newest ones, are kept.</summary>
    public const int MaxRecords = 8;

    /// <summary>The size limit of the file; older records are dropped first.</summary>
    public const int MaxBytes = 64 * 1024;

    private const string First = "--- boot failed ---", Last = "--- end ---", Started = "started: ";

    /// <summary>The content of the file with one record added.</summary>
    public static string Add(string content, FailureRecord record) => Add(content, [record], null);

    /// <summary>The content of the file with these records added, and another mark.</summary>
    /// <param name="content">The content before.</param>
    /// <param name="added">The records, the oldest first.</param>
    /// <param name="mark">Null: the file gets no mark.</param>
    public static string Add(string content, List<FailureRecord> added, string? mark)
    {
        var records = Parse(content);
        foreach (var record in added)
        {
            // What an operator did after the failure is added to its record.
            if (records is [.., var last] && last.BootId == record.BootId && last.Time == record.Time
                && record.Problem.StartsWith(last.Problem, StringComparison.Ordinal))
            {
                records = records.SetItem(records.Length - 1, record);
                continue;
            }
            records = records.Add(record);
        }
        var from = Math.Max(0, records.Length - MaxRecords);
        while (true)
        {
            var text = new StringBuilder();
            for (var i = from; i < records.Length; i++) Print(records[i], text);
            var printed = text.ToString();
            if (Encoding.UTF8.GetByteCount(printed) <= MaxBytes || from >= records.Length - 1)
                return mark is null ? printed : printed + Started + PrintableText.Clean(mark) + "\n";
            from++;
        }
    }

    /// <summary>Never fails: blocks that are damaged or cut off are ignored.</summary>
    public static ImmutableArray<FailureRecord> Parse(string content)
    {
        var records = ImmutableArray.CreateBuilder<FailureRecord>();
        Dictionary<string, string>? block = null;
        var key = "";
        foreach (var line in content.Split('\n'))
        {
            if (line == First)
            {
                (block, key) = ([], "");
            }
            else if (block is null)
            {
                continue;
            }
            else if (line == Last)
            {
                if (Record(block) is { } record) records.Add(record);
                block = null;
            }
            else if (line.StartsWith("  ", StringComparison.Ordinal))
            {
                if (block.TryGetValue(key, out var value)) block[key] = $"{value}\n{line[2..]}";
            }
            else if (line.IndexOf(": ", StringComparison.Ordinal) is > 0 and var at)
            {
                block[key = line[..at]] = line[(at + 2)..];
            }
            else if (line.EndsWith(':'))
            {
                block[key = line[..^1]] = "";
            }
            else
            {
                block = null; // not a line of a block: ignore the lines up to the next block
            }
        }
        return records.ToImmutable();
    }

    /// <summary>The mark at the end of the file; empty: it has none.</summary>
    public static string Mark(string content)
    {
        var at = content.LastIndexOf(Started, StringComparison.Ordinal);
        if (at < 0 || (at > 0 && content[at - 1] != '\n')) return "";
        var mark = content[(at + Started.Length)..];
        return mark.IndexOf('\n') == mark.Length - 1 ? mark[..^1] : "";
    }

    private static FailureRecord? Record(Dictionary<string, string> block)
    {
        string? Value(string key) => block.TryGetValue(key, out var value) && value.Length > 0 ? value : null;
        if (Value("problem") is not { } problem || Value("time") is not { } time) return null;
        return long.TryParse(time.Split(' ')[0], CultureInfo.InvariantCulture, out var seconds)
            ? new FailureRecord
            {
                Time = seconds, BootId = Value("boot") ?? "", Slot = SlotNames.TryParse(Value("slot")), Image = Value("image") ?? "",
                Kernel = Value("kernel") ?? "", Problem = problem, Fix = Value("fix"), Step = Value("step"), Log = Value("log") ?? "",
            }
            : null;
    }

    private static void Print(FailureRecord record, StringBuilder text)
    {
        text.Append(First).Append('\n');
        Member(text, "time", record.Time.ToString(CultureInfo.InvariantCulture) + " (" + FailureRecord.Utc(record.Time) + ")");
        Member(text, "boot", record.BootId);
        Member(text, "slot", record.SlotName);
        Member(text, "image", record.Image);
        Member(text, "kernel", record.Kernel);
        Member(text, "problem", record.Problem);
        if (record.Fix is not null) Member(text, "fix", record.Fix);
        if (record.Step is not null) Member(text, "step", record.Step);
        if (record.Log.Length > 0) Member(text, "log", "\n" + record.Log);
        text.Append(Last).Append("\n\n");
    }

    private static void Member(StringBuilder text, string key, string value)
    {
        text.Append(key).Append(':');
        if (value.Length > 0 && value[0] != '\n') text.Append(' ');
        text.Append(PrintableText.Clean(value).Replace("\n", "\n  ")).Append('\n');
    }
}
