using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>A slot and its image.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Counter">Its tries, and the id of the image that they belong to.</param>
/// <param name="Image">Id of the image that it has now; null if it has none, and for recovery.</param>
public sealed record SlotStatus(Slot Slot, BootCounter Counter, string? Image);
