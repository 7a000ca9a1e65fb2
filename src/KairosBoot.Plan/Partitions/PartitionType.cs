namespace KairosBoot.Plan;

/// <summary>What a GPT entry says its partition is for.</summary>
/// <param name="id">Type GUID.</param>
/// <param name="attributes">Bits of the entry: UEFI specification 5.3.3.</param>
public sealed class PartitionType(Guid id, ulong attributes)
{
    public Guid Id => id;
    public ulong Attributes => attributes;

    private const ulong RequiredByPlatform = 1, LegacyBootable = 4;

    /// <param name="fileSystem">As <c>add_partitions</c> names it.</param>
    /// <param name="isBootable">FAT is an ESP then; the Linux ones become a BIOS boot partition, as they do for Kairos.</param>
    public static PartitionType For(string fileSystem, bool isBootable) => fileSystem switch
    {
        "swap" => new(new("0657fd6d-a4ab-43c4-84e5-0933c84b4f4f"), 0),
        "fat" or "vfat" or "fat16" or "fat32" => isBootable
            ? new(new("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"), RequiredByPlatform)
            : new(new("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"), 0),
        _ => isBootable
            ? new(new("21686148-6449-6e6f-744e-656564454649"), LegacyBootable)
            : new(new("0fc63daf-8483-4772-8e79-3d69d8477de4"), 0),
    };
}
