using System.Buffers.Binary;

namespace KairosBoot.Plan;

/// <summary>
/// How far a file system can grow in its partition, by its driver's rules. One that already has the maximum size is not touched.
/// </summary>
/// <param name="sizeBytes">Its present size.</param>
/// <param name="largestBytes">Its maximum size on this device.</param>
/// <param name="blockSize">Bytes of one of its blocks.</param>
public sealed class FileSystemGrowth(long sizeBytes, long largestBytes, int blockSize)
{
    /// <summary>Bytes that <see cref="Of"/> needs, at the offset <see cref="Window"/>.</summary>
    public const int WindowLength = 4096;

    public long SizeBytes => sizeBytes;
    public long MaxBytes => largestBytes;
    public long MaxBlocks => largestBytes / blockSize;
    public bool IsDone => largestBytes <= sizeBytes;

    /// <summary>btrfs: the number of this device in the file system.</summary>
    public long Device { get; private init; } = 1;

    /// <summary>File systems that can grow while mounted, by the names of their drivers.</summary>
    public static bool IsKnown(string type) => type is "ext4" or "xfs" or "btrfs";

    public static long Window(string type) => type == "btrfs" ? 0x10000 : 0;

    /// <param name="type">A type for which <see cref="IsKnown"/> is true.</param>
    /// <param name="window">Its superblock.</param>
    /// <param name="deviceBytes">Size of the device.</param>
    public static FileSystemGrowth Of(string type, ReadOnlySpan<byte> window, long deviceBytes) => type switch
    {
        "ext4" => Ext4(window, deviceBytes),
        "xfs" => Xfs(window, deviceBytes),
        "btrfs" => Btrfs(window, deviceBytes),
        _ => throw new InvalidOperationException(),
    };

    // fs/ext4/resize.c: a last group without space for its own tables and a few more blocks is not created.
    private static FileSystemGrowth Ext4(ReadOnlySpan<byte> w, long deviceBytes)
    {
        var wide = (U32(w, 0x460) & 0x80) != 0; // INCOMPAT_64BIT
        int blockSize = 1024 << (int)(U32(w, 0x418) & 7), inodeSize = Math.Max((ushort)128, U16(w, 0x458)), descriptor = wide
            ? Math.Max((ushort)32, U16(w, 0x4FE)) : 32;
        long now = U32(w, 0x404) | (wide ? (long)U32(w, 0x550) << 32 : 0), firstData = U32(w, 0x414), perGroup = Math.Max(1, U32(w, 0x420));
        var largest = deviceBytes / blockSize;
        if (!wide) largest = Math.Min(largest, uint.MaxValue);
        long lastGroup = (largest - firstData - 1) / perGroup, begin = firstData + lastGroup * perGroup;
        var descriptors = ((lastGroup + 1) * descriptor + blockSize - 1) / blockSize;
        var inodeTable = ((long)U32(w, 0x428) * inodeSize + blockSize - 1) / blockSize;
        if (begin >= now && begin + 1 + descriptors + U16(w, 0x4CE) + 2 + inodeTable + 1 >= largest) largest = begin;
        return new(now * blockSize, largest * blockSize, blockSize);
    }

    // fs/xfs/xfs_fsops.c: an allocation group of less than 64 blocks (XFS_MIN_AG_BLOCKS) is not created.
    private static FileSystemGrowth Xfs(ReadOnlySpan<byte> w, long deviceBytes)
    {
        var blockSize = (int)Math.Clamp(BinaryPrimitives.ReadUInt32BigEndian(w[4..]), 512, 65536);
        var group = Math.Max(1, BinaryPrimitives.ReadUInt32BigEndian(w[84..]));
        long now = BinaryPrimitives.ReadInt64BigEndian(w[8..]), largest = deviceBytes / blockSize;
        if (largest % group < 64 && largest / group * group >= now) largest -= largest % group;
        return new(now * blockSize, largest * blockSize, blockSize);
    }

    // The superblock contains the item of this device: devid and total_bytes of struct btrfs_dev_item at 0xC9.
    private static FileSystemGrowth Btrfs(ReadOnlySpan<byte> w, long deviceBytes)
    {
        var sector = (int)Math.Clamp(U32(w, 0x90), 512, 65536);
        return new(BinaryPrimitives.ReadInt64LittleEndian(w[0xD1..]), deviceBytes / sector * sector, sector)
        {
            Device = BinaryPrimitives.ReadInt64LittleEndian(w[0xC9..]),
        };
    }

    private static ushort U16(ReadOnlySpan<byte> w, int at) => BinaryPrimitives.ReadUInt16LittleEndian(w[at..]);
    private static uint U32(ReadOnlySpan<byte> w, int at) => BinaryPrimitives.ReadUInt32LittleEndian(w[at..]);
}
