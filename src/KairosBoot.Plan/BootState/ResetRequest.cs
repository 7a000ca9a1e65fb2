using System.Globalization;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// A reset that the recovery system does when it boots: the file <c>/reset-request</c> on COS_STATE, lines <c>NAME=VALUE</c>. It is in
/// force as long as the counters boot recovery first, so that an interrupted reset starts again.
/// </summary>
public sealed record ResetRequest
{
    /// <summary>After so many errors, recovery does not try again.</summary>
    public const int MaxFailures = 3;
    /// <summary>After so many starts, recovery does not try again: each was interrupted, by power cuts or crashes.</summary>
    public const int MaxStarts = 10;
    /// <summary>Maximum size of the file.</summary>
    public const int MaxBytes = 4096;

    private const int MaxReason = 400;

    /// <summary>Erase COS_OEM.</summary>
    public bool Oem { get; init; }
    /// <summary>Erase COS_PERSISTENT.</summary>
    public bool Persistent { get; init; }
    /// <summary>The slot that was first before the request.</summary>
    public Slot First { get; init; } = Slot.Active;
    /// <summary>How often recovery has started the reset.</summary>
    public int Starts { get; init; }
    /// <summary>How often it ended with an error.</summary>
    public int Failures { get; init; }
    /// <summary>The last error; empty: none.</summary>
    public string Reason { get; init; } = "";
    /// <summary>The reset is complete; only the counters may still select recovery.</summary>
    public bool IsDone { get; init; }

    /// <summary>Recovery does not try again.</summary>
    public bool HasFailed => Failures >= MaxFailures || Starts >= MaxStarts;

    /// <summary>Why recovery does not try again, for messages.</summary>
    public string FailureSentence => Failures >= MaxFailures ? $"the requested reset failed {Failures} times: {Reason}"
        : $"the requested reset was interrupted {Starts - Failures} times" + (Reason.Length > 0 ? "; its last error: " + Reason : "");

    /// <summary>The request after one more error.</summary>
    /// <param name="reason">A sentence, in any characters.</param>
    public ResetRequest Fail(string reason)
    {
        var line = reason.ReplaceLineEndings(" ");
        return this with { Failures = Failures + 1, Reason = line.Length > MaxReason ? line[..MaxReason] : line };
    }

    /// <summary>For <c>kboot status</c>.</summary>
    /// <param name="counters">The boot counters.</param>
    public string? Sentence(BootCounters counters)
    {
        if (IsDone) return null;
        if (!IsInForce(counters))
            return $"requested, but {counters.First.Name()} is first: request it again, or remove the request: kboot reset --cancel";
        if (HasFailed) return FailureSentence + "; to fix: run kboot reset in recovery, or kboot reset --cancel";
        return "requested: recovery resets the machine at its next boot" + (Oem ? ", with COS_OEM" : "")
            + (Persistent ? ", with COS_PERSISTENT" : "") + (Reason.Length > 0 ? "; the last error: " + Reason : "");
    }

    /// <summary>False: the request was not completed, or the operator or an upgrade has put another slot first since.</summary>
    public bool IsInForce(BootCounters counters) => !IsDone && counters.First == Slot.Recovery;

    /// <summary>The counters that boot recovery until the reset is complete. The one-shot choice also works without tries.</summary>
    public static BootCounters Arm(BootCounters counters) => counters with
    {
        Recovery = counters.Recovery with { Left = BootCounter.Full },
        First = Slot.Recovery,
        Once = Slot.Recovery,
    };

    /// <summary>The counters without the request.</summary>
    /// <param name="counters">The counters.</param>
    /// <param name="first">The slot to boot first.</param>
    public static BootCounters Disarm(BootCounters counters, Slot first) => counters.First != Slot.Recovery ? counters
        : counters with { First = first, Once = counters.Once == Slot.Recovery ? null : counters.Once };

    /// <summary>Null: the text is not a request.</summary>
    public static ResetRequest? TryParse(string text)
    {
        var request = new ResetRequest();
        if (!text.EndsWith('\n')) return null;
        foreach (var line in text[..^1].Split('\n'))
        {
            var at = line.IndexOf('=');
            if (at < 0 || request.TrySet(line[..at], line[(at + 1)..]) is not { } next) return null;
            request = next;
        }

        return request;
    }

    /// <summary>The text of the file.</summary>
    public string Format()
    {
        var text = new StringBuilder();
        text.Append("oem=").Append(Flag(Oem)).Append("\npersistent=").Append(Flag(Persistent)).Append("\nfirst=").Append(First.Name());
        text.Append("\nstarts=").Append(Starts.ToString(CultureInfo.InvariantCulture));
        text.Append("\nfailures=").Append(Failures.ToString(CultureInfo.InvariantCulture));
        return text.Append("\ndone=").Append(Flag(IsDone)).Append("\nreason=").Append(Reason).Append('\n').ToString();
    }

    private ResetRequest? TrySet(string name, string value) => name switch
    {
        "oem" when TryFlag(value) is { } flag => this with { Oem = flag },
        "persistent" when TryFlag(value) is { } flag => this with { Persistent = flag },
        "first" when SlotNames.TryParse(value) is { } slot => this with { First = slot },
        "starts" when TryNumber(value) is { } number => this with { Starts = number },
        "failures" when TryNumber(value) is { } number => this with { Failures = number },
        "done" when TryFlag(value) is { } flag => this with { IsDone = flag },
        "reason" => this with { Reason = value },
        _ => null,
    };

    private static char Flag(bool value) => value ? '1' : '0';

    private static bool? TryFlag(string value) => value switch { "0" => false, "1" => true, _ => null };

    private static int? TryNumber(string value) => value.Length is > 0 and <= 4
        && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
