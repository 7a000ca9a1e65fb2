namespace KairosBoot.Plan;

/// <summary>
/// The end of a kernel log that pstore kept over a restart: <c>&lt;2&gt;[    2.345678] kairos-boot: BOOT FAILED: ...</c>.
/// </summary>
public static class FailureDump
{
    private const string Ours = "kairos-boot: ", Failed = "BOOT FAILED: ", Fix = "to fix: ", Step = "step: ";

    /// <summary>Null: the log is neither from a boot that failed in the initrd nor from a panic.</summary>
    /// <param name="text">The dump.</param>
    /// <param name="time">When it was written, seconds since 1970; used if the log has no time.</param>
    public static FailureRecord? TryRead(string text, long time)
    {
        var record = new FailureRecord { Time = time, Log = text };
        string problem = "", fix = "", step = "", member = "";
        foreach (var line in text.Split('\n'))
        {
            if (Message(line) is not { } message) continue;
            // The words of an earlier version.
            if (message.StartsWith("to fix it: ", StringComparison.Ordinal)) message = Fix + message["to fix it: ".Length..];
            if (record.TryTakeWhichBoot(message)) member = "";
            else if (message.StartsWith(Failed, StringComparison.Ordinal))
                (problem, fix, step, member) = (message[Failed.Length..], "", "", Failed);
            else if (message.StartsWith(Fix, StringComparison.Ordinal) && member.Length > 0) (fix, member) = (message[Fix.Length..], Fix);
            else if (message.StartsWith(Step, StringComparison.Ordinal) && member.Length > 0)
                (step, member) = (message[Step.Length..], Step);
            else if (member == Failed) problem += "\n" + message;
            else if (member == Fix) fix += "\n" + message;
            else if (member == Step) step += "\n" + message;
        }
        if (problem.Length == 0)
        {
            if (!IsPanic(Kind(text))) return null;
            record.Log = "";
            AddEarlierPart(record, text);
            record.Fix = "read its last lines: failedBoots in " + SystemPaths.Report;
            return record;
        }

        record.Problem = problem;
        if (fix.Length > 0) record.Fix = fix;
        if (step.Length > 0) record.Step = step;
        return record;
    }

    /// <summary>True: the kernel wrote the log at a panic.</summary>
    /// <param name="kind">From <see cref="Kind"/>.</param>
    public static bool IsPanic(string kind) => kind.StartsWith("Panic#", StringComparison.Ordinal);

    /// <summary>Adds the part of a panic's log that precedes what the record has.</summary>
    public static void AddEarlierPart(FailureRecord record, string text)
    {
        record.Log = text[(text.IndexOf('\n') + 1)..] + record.Log;
        if (PanicIn(record.Log) is { } panic) record.Problem = panic;
        else if (record.Problem.Length == 0) record.Problem = "kernel panic";
    }

    private static string? PanicIn(string text)
    {
        const string NotSyncing = "Kernel panic - not syncing: ";
        var at = text.LastIndexOf(NotSyncing, StringComparison.Ordinal);
        if (at < 0) return null;
        var end = text.IndexOf('\n', at);
        return "kernel panic: " + text[(at + NotSyncing.Length)..(end < 0 ? text.Length : end)];
    }

    /// <summary>
    /// The log that an entry is a part of: <c>Shutdown#1</c> for the first line <c>Shutdown#1 Part2</c>; empty: not stated.
    /// </summary>
    public static string Kind(string text)
    {
        var end = text.IndexOf('\n');
        var part = end < 0 ? -1 : text.IndexOf(" Part", 0, end, StringComparison.Ordinal);
        return part < 0 ? "" : text[..part];
    }

    // The level, the time and, depending on the kernel's settings, more fields precede the text: <6>[    1.234567][    T1].
    private static string? Message(string line)
    {
        if (line.Length == 0 || line[0] is not ('<' or '[')) return null;
        var at = line.IndexOf("] " + Ours, StringComparison.Ordinal);
        return at < 0 ? null : line[(at + 2 + Ours.Length)..];
    }
}
