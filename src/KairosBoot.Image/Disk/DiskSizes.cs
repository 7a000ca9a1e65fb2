namespace KairosBoot.Image;

/// <summary>Sizes of partitions in bytes; null: the default, which depends on the images.</summary>
/// <param name="Oem">COS_OEM.</param>
/// <param name="Recovery">COS_RECOVERY.</param>
/// <param name="State">COS_STATE.</param>
/// <param name="Persistent">COS_PERSISTENT; null: the rest of the disk.</param>
public sealed record DiskSizes(long? Oem = null, long? Recovery = null, long? State = null, long? Persistent = null)
{
    /// <summary>In their order on the disk.</summary>
    public IReadOnlyList<ExtraPartition> Extra { get; init; } = [];
}
