using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>This boot is not about the slot that it began with.</summary>
/// <param name="slot">The one it is about.</param>
/// <param name="why"><c>order</c> or <c>oneshot</c> where the counters name it; null where it stands in for one that cannot be had.</param>
/// <param name="reason">What is wrong with the first one, as a clause.</param>
internal sealed class OtherSlotException(Slot slot, string? why, string reason) : Exception(reason)
{
    public Slot Slot { get; } = slot;
    public string? Why { get; } = why;
}
