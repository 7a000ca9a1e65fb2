namespace KairosBoot.Plan;

/// <summary>A volume as described by its superblock.</summary>
/// <param name="Type">blkid's name: <c>ext4</c>, <c>xfs</c>, <c>btrfs</c>, <c>vfat</c>, <c>squashfs</c>, <c>erofs</c>, <c>f2fs</c>,
/// <c>iso9660</c>, <c>swap</c>,
/// <c>crypto_LUKS</c>, <c>LVM2_member</c>, <c>linux_raid_member</c>, <c>bcache</c>.</param>
/// <param name="Label">Null: it has none.</param>
/// <param name="Uuid">In blkid's spelling; null: it has none.</param>
/// <param name="SizeBytes">Size of the volume; 0: the format does not store it.</param>
public sealed record Superblock(string Type, string? Label, string? Uuid, long SizeBytes)
{
    public const string Luks = "crypto_LUKS", Lvm = "LVM2_member", Raid = "linux_raid_member", Bcache = "bcache", Swap = "swap";

    /// <summary>False: a container (LUKS, LVM, RAID, bcache) or swap, which is never mounted.</summary>
    public bool Mountable => Type is not (Luks or Lvm or Raid or Bcache or Swap);

    /// <summary>
    /// Why it may be damaged: <c>is flagged as having errors</c>. Null: there is no sign of damage, or replaying the journal repairs it.
    /// </summary>
    public string? NeedsCheck { get; init; }

    /// <summary>Mounting it read-only writes nothing: it has no journal to replay. False: it may have one.</summary>
    public bool IsClean { get; init; }

    /// <summary>Why a routine check is due; null: none is due.</summary>
    public string? RoutineCheck { get; init; }

    /// <summary>When its check interval ends, in seconds since 1970; 0: it has no interval.</summary>
    public long CheckDueAt { get; init; }

    /// <summary>When it was last written, in seconds since 1970; 0: the format does not store it.</summary>
    public long WrittenAt { get; init; }

    /// <summary>The same with a routine check if its check interval is over at this time. An unset clock is before every date.</summary>
    /// <param name="now">Seconds since 1970.</param>
    public Superblock AsOf(long now) => CheckDueAt > 0 && now > CheckDueAt && RoutineCheck is null
        ? this with { RoutineCheck = "was not checked for longer than its check interval" }
        : this;

    /// <summary>The type to give mount(2): the ext4 driver serves all three of its family.</summary>
    public string MountType => Type is "ext2" or "ext3" ? "ext4" : Type;
}
