using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>How the loader's part of a boot ends.</summary>
public enum LoaderEnd
{
    Starts,
    Reboots,
    /// <summary>It waits for <see cref="BootCounters.StopMinutes"/> and reboots.</summary>
    Stops,
}

/// <summary>What the loader can load of a slot.</summary>
public enum LoadResult
{
    All,
    /// <summary>The image or its kernel cannot be read. No kernel is loaded.</summary>
    Nothing,
    /// <summary>The initrd cannot be read, or does not fit into memory. The kernel is loaded.</summary>
    KernelOnly,
}

/// <summary>What the loader does with the counters.</summary>
/// <param name="End">The loader starts a kernel, reboots to start over, or stops with a message and reboots later.</param>
/// <param name="Slot">The slot whose kernel it starts; null: none.</param>
/// <param name="Why">Why it starts this slot.</param>
/// <param name="Written">
/// The counters after each write of the loader, in order: a power cut may occur between any two. Empty: the loader cannot write.
/// </param>
/// <param name="Counters">The counters at the end.</param>
public sealed record LoaderDecision(
    LoaderEnd End, Slot? Slot, ChoiceReason Why, ImmutableArray<BootCounters> Written, BootCounters Counters);

/// <summary>
/// The rules of GRUB's menu, initrd/grub/grub.cfg: which slot the loader starts, and what it counts before it loads the kernel.
/// kairos-boot does not use them. The tests run the menu against them and start every explored boot with them.
/// </summary>
public static class LoaderPolicy
{
    /// <param name="counters">The counters that the loader reads.</param>
    /// <param name="load">What can be loaded of a slot.</param>
    public static LoaderDecision Decide(BootCounters counters, Func<Slot, LoadResult> load)
    {
        var written = ImmutableArray.CreateBuilder<BootCounters>();
        List<Slot> failed = [];
        var why = counters.NextReason;
        var end = LoaderEnd.Reboots;
        for (var slot = counters.Next; slot is { } chosen; slot = counters.NextExcept([.. failed]), why = ChoiceReason.Order)
        {
            written.Add(counters = counters.CountAttempt(chosen));
            var result = load(chosen);
            if (result == LoadResult.All) return new(LoaderEnd.Starts, chosen, why, written.ToImmutable(), counters);
            // The loader would start the kernel without its initrd, so it starts over with the next slot.
            if (result == LoadResult.KernelOnly)
            {
                counters = counters with { Fault = new(chosen, SlotFault.Initrd), Once = counters.NextAfter(chosen, [.. failed]) };
                written.Add(counters);
                return new(end, null, why, written.ToImmutable(), counters);
            }
            failed.Add(chosen);
            counters = counters with { Fault = new(chosen, SlotFault.Load) };
        }
        if (counters.Order.All(slot => counters[slot].Left == 0)) (end, counters) = (LoaderEnd.Stops, counters.Stop());
        written.Add(counters);
        return new(end, null, why, written.ToImmutable(), counters);
    }

    /// <summary>
    /// The same for a loader that cannot write the counters. It follows them as far as it can read them. When they say that no slot has
    /// tries left, it starts from full counters.
    /// </summary>
    /// <param name="counters">The counters that the loader reads.</param>
    /// <param name="load">What can be loaded of a slot.</param>
    /// <param name="canUnload">False: a kernel that is loaded can only be left by a reboot.</param>
    public static LoaderDecision DecideReadOnly(BootCounters counters, Func<Slot, LoadResult> load, bool canUnload = true)
    {
        List<Slot> failed = [];
        var full = counters.Refill() with { Once = null };
        var why = counters.NextReason;
        for (var slot = counters.Next ?? full.Next; slot is { } started; slot = full.NextExcept([.. failed]), why = ChoiceReason.Order)
        {
            var result = load(started);
            if (result == LoadResult.All) return new(LoaderEnd.Starts, started, why, [], counters);
            if (result == LoadResult.KernelOnly && !canUnload) return new(LoaderEnd.Reboots, null, why, [], counters);
            failed.Add(started);
        }
        return new(LoaderEnd.Stops, null, why, [], counters.Stop());
    }
}
