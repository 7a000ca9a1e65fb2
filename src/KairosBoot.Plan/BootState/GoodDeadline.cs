using System.Globalization;

namespace KairosBoot.Plan;

/// <summary>What to do with a running system that should report good.</summary>
public enum GoodAction
{
    /// <summary>Nothing: it is good, or the rule does not apply to it.</summary>
    End,
    /// <summary>Look again later.</summary>
    Wait,
    /// <summary>Reboot. The attempt is counted, as after a panic.</summary>
    Reboot,
}

/// <summary>A running system, for <see cref="GoodDeadline"/>.</summary>
/// <param name="Slot">The booted slot; null: kairos-boot did not start this system.</param>
/// <param name="IsCounted">The attempt to boot it is counted. Otherwise a reboot would start the same system forever.</param>
/// <param name="IsGood">It has reported good in this boot.</param>
/// <param name="Seconds">Time since the machine started.</param>
public sealed record GoodState(Slot? Slot, bool IsCounted, bool IsGood, long Seconds)
{
    /// <summary>Until when the system must report good, in seconds; 0: no limit.</summary>
    public int LimitSeconds { get; init; } = GoodDeadline.DefaultSeconds;

    /// <summary>How often the limit was prolonged.</summary>
    public int Prolonged { get; init; }

    /// <summary>A cloud-config stage is running.</summary>
    public bool StageRuns { get; init; }

    /// <summary><c>kboot upgrade</c>, <c>install</c> or <c>reset</c> is running.</summary>
    public bool IsChanging { get; init; }
}

/// <summary>The decision of <see cref="GoodDeadline"/>.</summary>
/// <param name="Action">What to do.</param>
/// <param name="SecondsLeft">Time until the reboot; 0 where none is planned, and while something must end first.</param>
/// <param name="Prolonged">How often the limit was prolonged, this time included.</param>
public sealed record GoodDecision(GoodAction Action, long SecondsLeft, int Prolonged);

/// <summary>
/// A system that starts but never reports good comes back: it is rebooted, and the counters then lead to another slot. Recovery has no
/// other slot to go to, so it is left alone.
/// </summary>
public static class GoodDeadline
{
    public const string Option = "kairosboot.good-within";

    /// <summary>The form of the option's value.</summary>
    public const string Form = "a time such as 60m, 2h or 90s, or 0";

    public const int DefaultSeconds = 60 * 60, ProlongSeconds = 60 * 60, MaxProlonged = 2;

    private const int MaxSeconds = 7 * 24 * 60 * 60;

    public static GoodDecision Decide(GoodState state)
    {
        var end = new GoodDecision(GoodAction.End, 0, state.Prolonged);
        if (state.LimitSeconds == 0 || state.Slot is not (Slot.Active or Slot.Passive) || !state.IsCounted || state.IsGood) return end;
        var left = state.LimitSeconds + (long)state.Prolonged * ProlongSeconds - state.Seconds;
        if (left > 0) return new(GoodAction.Wait, left, state.Prolonged);
        // A first boot may load gigabytes of container images over a slow line.
        if (state.StageRuns && state.Prolonged < MaxProlonged) return new(GoodAction.Wait, left + ProlongSeconds, state.Prolonged + 1);
        return state.IsChanging ? new(GoodAction.Wait, 0, state.Prolonged) : new(GoodAction.Reboot, 0, state.Prolonged);
    }

    /// <summary>The value of the option on a kernel command line, in seconds.</summary>
    /// <returns>Null: the value is not valid.</returns>
    public static int? LimitOf(KernelCommandLine commandLine)
    {
        int? limit = DefaultSeconds;
        foreach (var parameter in commandLine.Parameters)
            if (parameter.Name == Option) limit = Parse(parameter.Value ?? "");
        return limit;
    }

    private static int? Parse(string value)
    {
        var unit = value.Length > 0 ? value[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 } : 0;
        var number = unit == 0 ? value : value[..^1];
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return null;
        // A number without a unit would be minutes for some people and seconds for others.
        if (count == 0) return 0;
        return unit > 0 && (long)count * unit <= MaxSeconds ? count * unit : null;
    }
}
