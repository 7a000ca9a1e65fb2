namespace KairosBoot.Plan;

/// <summary>The purpose of a partition according to its GPT entry.</summary>
/// <param name="id">Type GUID.</param>
/// <param name="attributes">Attribute bits of the entry: UEFI specification 5.3.3.</param>
public sealed class PartitionType(Guid id, ulong attributes)
{
    public Guid Id => id;
    public ulong Attributes => attributes;

    private const ulong RequiredByPlatform = 1, LegacyBootable = 4;

    // As numbers: no other code here parses a GUID from text.
    /// <param name="fileSystem">The name in <c>add_partitions</c>.</param>
    /// <param name="isBootable">FAT becomes an ESP; the Linux file systems become a BIOS boot partition, as in Kairos.</param>
    public static PartitionType For(string fileSystem, bool isBootable) => fileSystem switch
    {
        "swap" => new(new(0x0657fd6d, 0xa4ab, 0x43c4, 0x84, 0xe5, 0x09, 0x33, 0xc8, 0x4b, 0x4f, 0x4f), 0),
        "fat" or "vfat" or "fat16" or "fat32" => isBootable
            ? new(new(0xc12a7328, 0xf81f, 0x11d2, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b), RequiredByPlatform)
            : new(new(0xebd0a0a2, 0xb9e5, 0x4433, 0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7), 0),
        _ => isBootable
            ? new(new(0x21686148, 0x6449, 0x6e6f, 0x74, 0x4e, 0x65, 0x65, 0x64, 0x45, 0x46, 0x49), LegacyBootable)
            : new(new(0x0fc63daf, 0x8483, 0x4772, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4), 0),
    };
}
