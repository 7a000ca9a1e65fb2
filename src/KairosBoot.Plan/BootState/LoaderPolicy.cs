using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>How the loader's part of a boot ends.</summary>
public enum LoaderEnd { Starts, Reboots, Stops }

/// <summary>What the loader does with the counters.</summary>
/// <param name="End">It starts a kernel, reboots to begin again, or stops with a message.</param>
/// <param name="Slot">Whose kernel it starts; null: none.</param>
/// <param name="Why"><c>order</c> or <c>oneshot</c>.</param>
/// <param name="Written">The counters as it writes them, one after the other: a power cut may come between any two. Empty where it cannot write.</param>
/// <param name="Counters">The counters at the end.</param>
public sealed record LoaderDecision(LoaderEnd End, Slot? Slot, string Why, ImmutableArray<BootCounters> Written, BootCounters Counters);

/// <summary>
/// The rules of GRUB's menu, initrd/grub/grub.cfg, as values: which slot is started, and what is counted before its kernel is looked at. kairos-boot does
/// not use them: the menu is run against them, and they begin every boot that the tests explore.
/// </summary>
public static class LoaderPolicy
{
    /// <param name="counters">As the loader reads them.</param>
    /// <param name="loads">Whether kernel and initrd of a slot can be loaded.</param>
    public static LoaderDecision Decide(BootCounters counters, Func<Slot, bool> loads)
    {
        var written = ImmutableArray.CreateBuilder<BootCounters>();
        List<Slot> failed = [];
        var why = counters.Once is null ? "order" : "oneshot";
        for (var slot = counters.Next; slot is { } chosen; slot = counters.NextBut([.. failed]), why = "order")
        {
            written.Add(counters = counters.Take(chosen));
            if (loads(chosen)) return new(LoaderEnd.Starts, chosen, why, written.ToImmutable(), counters);
            failed.Add(chosen);
            counters = counters with { Fault = new(chosen, SlotFault.Load) };
        }
        var end = LoaderEnd.Reboots;
        if (counters.Order.All(slot => counters[slot].Left == 0)) (end, counters) = (LoaderEnd.Stops, counters.Refill());
        written.Add(counters);
        return new(end, null, why, written.ToImmutable(), counters);
    }

    /// <summary>The same where the loader cannot write the counters: it follows them as far as it can read them, and begins again by itself when they say
    /// that nothing is left.</summary>
    public static LoaderDecision DecideReadOnly(BootCounters counters, Func<Slot, bool> loads)
    {
        List<Slot> failed = [];
        var full = counters.Refill() with { Once = null };
        var why = counters.Once is null ? "order" : "oneshot";
        for (var slot = counters.Next ?? full.Next; slot is { } started; slot = full.NextBut([.. failed]), why = "order")
        {
            if (loads(started)) return new(LoaderEnd.Starts, started, why, [], counters);
            failed.Add(started);
        }
        return new(LoaderEnd.Stops, null, why, [], counters.Refill());
    }
}
