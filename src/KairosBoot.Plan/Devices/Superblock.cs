namespace KairosBoot.Plan;

/// <summary>What a volume says of itself in its own first bytes.</summary>
/// <param name="Type">blkid's name: <c>ext4</c>, <c>xfs</c>, <c>btrfs</c>, <c>vfat</c>, <c>squashfs</c>, <c>erofs</c>, <c>f2fs</c>, <c>iso9660</c>, <c>swap</c>,
/// <c>crypto_LUKS</c>, <c>LVM2_member</c>, <c>linux_raid_member</c>.</param>
/// <param name="Label">Null where it has none.</param>
/// <param name="Uuid">In the spelling blkid prints; null where it has none.</param>
/// <param name="SizeBytes">How long the volume says it is; 0 where the format does not say.</param>
public sealed record Superblock(string Type, string? Label, string? Uuid, long SizeBytes)
{
    /// <summary>False for containers (LUKS, LVM, RAID) and swap: never a candidate for a mount.</summary>
    public bool Mountable => Type is not ("crypto_LUKS" or "LVM2_member" or "linux_raid_member" or "swap");

    /// <summary>Why it may be damaged: <c>is flagged as having errors</c>. Null where nothing says so, or where its journal will see to it.</summary>
    public string? NeedsCheck { get; init; }

    /// <summary>Why a check is due all the same; null where none is.</summary>
    public string? RoutineCheck { get; init; }

    /// <summary>When its check interval ends, in seconds since 1970; 0 where it has none.</summary>
    public long CheckDueAt { get; init; }

    /// <summary>The same with what the clock says about it. A clock that was never set is before every date.</summary>
    /// <param name="now">Seconds since 1970.</param>
    public Superblock AsOf(long now) => CheckDueAt > 0 && now > CheckDueAt && RoutineCheck is null
        ? this with { RoutineCheck = "was not checked for longer than its check interval" }
        : this;

    /// <summary>The type to give mount(2): the ext4 driver serves all three of its family.</summary>
    public string MountType => Type is "ext2" or "ext3" ? "ext4" : Type;
}
