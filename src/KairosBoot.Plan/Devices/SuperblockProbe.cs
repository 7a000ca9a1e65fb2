using System.Buffers.Binary;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// Recognises volumes by their superblocks. Each row of <see cref="Formats"/> examines one window of the device. Almost all superblocks
/// are in the first 8 KiB, so one read is enough in most cases.
/// </summary>
public static class SuperblockProbe
{
    /// <summary>Which parts of the device to read, in this order.</summary>
    public static ReadOnlySpan<(long Offset, int Length)> Windows => WindowTable;

    private static readonly (long Offset, int Length)[] WindowTable = [(0, 8192), (0x8000, 2048), (0x10000, 4096)];

    private delegate Superblock? Format(ReadOnlySpan<byte> window);

    // Containers first: they may still have the superblock of an old file system after their own header. A RAID member may still have any
    // other header before its own.
    private static readonly (long Window, Format Probe)[] Formats =
    [
        (0, LinuxRaid), (0, Luks), (0, Lvm2), (0, Bcache), (0, Xfs), (0, Squashfs), (0, Ext), (0, Erofs), (0, F2fs), (0, Swap), (0, Vfat),
        (0x8000, Iso9660), (0x10000, Btrfs),
    ];

    /// <summary>Null: no known format in this window. A short window (end of a small device) is allowed.</summary>
    public static Superblock? Probe(long windowOffset, ReadOnlySpan<byte> window)
    {
        foreach (var (offset, probe) in Formats)
            if (offset == windowOffset && probe(window) is { } found) return found;
        return null;
    }

    // Layouts: linux/fs/ext4/ext4.h, fs/xfs/libxfs/xfs_format.h, fs/btrfs, fs/squashfs/squashfs_fs.h, fs/erofs/erofs_fs.h, fs/f2fs,
    // include/uapi/linux/msdos_fs.h, ECMA-119, include/linux/swap.h, cryptsetup's on-disk formats, lvm2 lib/format_text, md_p.h,
    // drivers/md/bcache/bcache_ondisk.h.

    private static Superblock? Ext(ReadOnlySpan<byte> w)
    {
        if (w.Length < 2048 || U16(w, 0x438) != 0xEF53) return null;
        uint compat = U32(w, 0x45C), incompat = U32(w, 0x460), readOnlyCompat = U32(w, 0x464);
        // ext3 is ext2 with a journal; a feature that neither of them has makes it ext4.
        var ext4 = (incompat & ~0x16u) != 0 || (readOnlyCompat & ~0x7u) != 0;
        var type = ext4 ? "ext4" : (compat & 4) != 0 ? "ext3" : "ext2";
        var blocks = (long)U32(w, 0x404) | ((incompat & 0x80) != 0 ? (long)U32(w, 0x550) << 32 : 0);
        var log = U32(w, 0x418);
        var journalToReplay = (compat & 4) != 0 && (incompat & 4) != 0;
        return new(type, Text(w.Slice(0x478, 16)), Uuid(w.Slice(0x468, 16)), log <= 6 ? blocks * (1024L << (int)log) : 0)
        {
            NeedsCheck = ExtDamage(w, journalToReplay),
            IsClean = !journalToReplay,
            RoutineCheck = ExtRoutine(w),
            CheckDueAt = U32(w, 0x444) is > 0 and var interval ? (U32(w, 0x440) | (long)w[0x677] << 32) + interval : 0,
            WrittenAt = U32(w, 0x430) | (long)w[0x674] << 32,
        };
    }

    // s_state: EXT4_VALID_FS 1, EXT4_ERROR_FS 2. With a journal, the first flag stays set while the file system is in use.
    private static string? ExtDamage(ReadOnlySpan<byte> w, bool journalToReplay)
    {
        var state = U16(w, 0x43A);
        if ((state & 2) != 0) return "is flagged as having errors";
        return (state & 1) == 0 && !journalToReplay ? "was not cleanly unmounted" : null;
    }

    // s_mnt_count and s_max_mnt_count. The latter is signed: in most file systems it is -1 or 0, which means no limit.
    private static string? ExtRoutine(ReadOnlySpan<byte> w)
    {
        int count = U16(w, 0x434), max = (short)U16(w, 0x436);
        return max > 0 && count >= max ? $"was mounted {count} times without being checked" : null;
    }

    private static Superblock? Xfs(ReadOnlySpan<byte> w) =>
        w.Length < 512 || !w.StartsWith("XFSB"u8) ? null
        : new("xfs", Text(w.Slice(108, 12)), Uuid(w.Slice(32, 16)),
            BinaryPrimitives.ReadUInt32BigEndian(w[4..]) * (long)BinaryPrimitives.ReadUInt64BigEndian(w[8..]));

    private static Superblock? Btrfs(ReadOnlySpan<byte> w) =>
        w.Length < 4096 || !w[0x40..].StartsWith("_BHRfS_M"u8) ? null
        : new("btrfs", Text(w.Slice(0x12B, 256)), Uuid(w.Slice(0x20, 16)), (long)U64(w, 0x70));

    private static Superblock? Squashfs(ReadOnlySpan<byte> w) =>
        w.Length < 96 || !w.StartsWith("hsqs"u8) || U16(w, 28) != 4 ? null : new("squashfs", null, null, (long)U64(w, 40));

    private static Superblock? Erofs(ReadOnlySpan<byte> w) =>
        w.Length < 1152 || U32(w, 1024) != 0xE0F5E1E2 ? null
        : new("erofs", Text(w.Slice(1024 + 64, 16)), Uuid(w.Slice(1024 + 48, 16)),
            w[1024 + 12] is var bits and >= 9 and <= 16 ? (long)U32(w, 1024 + 36) << bits : 0);

    private static Superblock? F2fs(ReadOnlySpan<byte> w)
    {
        if (w.Length < 4096 || U32(w, 1024) != 0xF2F52010) return null;
        var name = Encoding.Unicode.GetString(w.Slice(1024 + 124, 1024));
        var end = name.IndexOf('\0');
        var label = end < 0 ? name : name[..end];
        return new("f2fs", label.Length == 0 ? null : label, Uuid(w.Slice(1024 + 108, 16)),
            U32(w, 1024 + 16) is var bits and >= 9 and <= 16 ? (long)U64(w, 1024 + 36) << (int)bits : 0);
    }

    private static Superblock? Vfat(ReadOnlySpan<byte> w)
    {
        if (w.Length < 512 || w[510] != 0x55 || w[511] != 0xAA) return null;
        if (w.Slice(0x52, 8).SequenceEqual("FAT32   "u8)) return Fat(w, label: 0x47, serial: 0x43, state: 0x41);
        if (w.Slice(0x36, 3).SequenceEqual("FAT"u8)) return Fat(w, label: 0x2B, serial: 0x27, state: 0x25);
        return null;
    }

    private static Superblock Fat(ReadOnlySpan<byte> w, int label, int serial, int state)
    {
        var name = Text(w.Slice(label, 11))?.TrimEnd();
        var id = U32(w, serial);
        long sectors = U16(w, 19) != 0 ? U16(w, 19) : U32(w, 32);
        return new("vfat", name is null or "" or "NO NAME" ? null : name, $"{id >> 16:X4}-{id & 0xFFFF:X4}", sectors * U16(w, 11))
        {
            NeedsCheck = (w[state] & 1) != 0 ? "was not cleanly unmounted" : null, // FAT_STATE_DIRTY
        };
    }

    private static Superblock? Iso9660(ReadOnlySpan<byte> w)
    {
        if (w.Length < 2048 || w[0] != 1 || !w[1..].StartsWith("CD001"u8)) return null;
        var label = Encoding.ASCII.GetString(w.Slice(40, 32)).TrimEnd(' ', '\0');
        return new("iso9660", label.Length == 0 ? null : label, IsoDate(w.Slice(830, 16)) ?? IsoDate(w.Slice(813, 16)),
            (long)U32(w, 80) * 2048);
    }

    // An ISO 9660 volume has no UUID. GRUB, blkid and udev use its date: that of the last change, or else of its creation.
    private static string? IsoDate(ReadOnlySpan<byte> digits)
    {
        if (digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0 || digits.IndexOfAnyExcept((byte)'0') < 0) return null;
        var text = Encoding.ASCII.GetString(digits);
        return text[..4] + "-" + text[4..6] + "-" + text[6..8] + "-" + text[8..10] + "-" + text[10..12] + "-" + text[12..14] + "-"
            + text[14..];
    }

    private static Superblock? Swap(ReadOnlySpan<byte> w) =>
        w.Length < 4096 || !w[4086..].StartsWith("SWAPSPACE2"u8) ? null
        : new(Superblock.Swap, Text(w.Slice(1052, 16)), Uuid(w.Slice(1036, 16)), 0);

    private static Superblock? Luks(ReadOnlySpan<byte> w)
    {
        if (w.Length < 512 || !w.StartsWith("LUKS"u8) || w[4] != 0xBA || w[5] != 0xBE) return null;
        var label = BinaryPrimitives.ReadUInt16BigEndian(w[6..]) == 2 ? Text(w.Slice(24, 48)) : null;
        return new(Superblock.Luks, label, Text(w.Slice(168, 40)), 0);
    }

    private static Superblock? Lvm2(ReadOnlySpan<byte> w)
    {
        // The label may be in any of the first four sectors, and contains the number of its sector.
        for (var sector = 0; sector < 4 && w.Length >= (sector + 1) * 512; sector++)
        {
            var label = w.Slice(sector * 512, 512);
            if (label.StartsWith("LABELONE"u8) && label[24..].StartsWith("LVM2 001"u8) && U64(label, 8) == (ulong)sector)
                return new(Superblock.Lvm, null, LvmUuid(label), 0);
        }

        return null;
    }

    // pv_header: the UUID is 32 letters and digits. It follows the label header at the offset that the label names.
    private static string? LvmUuid(ReadOnlySpan<byte> label)
    {
        const int Length = 32;
        if (U32(label, 20) is not (var at and <= 512 - Length)) return null;
        var uuid = label.Slice((int)at, Length);
        foreach (var character in uuid)
            if (!char.IsAsciiLetterOrDigit((char)character)) return null;
        var text = Encoding.ASCII.GetString(uuid);
        return text[..6] + "-" + text[6..10] + "-" + text[10..14] + "-" + text[14..18] + "-" + text[18..22] + "-" + text[22..26] + "-"
            + text[26..];
    }

    private static Superblock? LinuxRaid(ReadOnlySpan<byte> w)
    {
        foreach (var at in (ReadOnlySpan<int>)[0, 4096]) // metadata 1.1 and 1.2
            if (w.Length >= at + RaidProbe.Length && RaidProbe.Probe(at, w[at..]) is { } member) return member;
        return null;
    }

    // The superblock is in sector 8; csum, offset and version precede the magic.
    private static Superblock? Bcache(ReadOnlySpan<byte> w)
    {
        ReadOnlySpan<byte> magic = [0xC6, 0x85, 0x73, 0xF6, 0x4E, 0x1A, 0x45, 0xCA, 0x82, 0x65, 0xF5, 0x7F, 0x48, 0xBA, 0x6D, 0x81];
        return w.Length < 4096 + 104 || !w[(4096 + 24)..].StartsWith(magic) ? null
            : new(Superblock.Bcache, Text(w.Slice(4096 + 72, 32)), Uuid(w.Slice(4096 + 40, 16)), 0);
    }

    private static ushort U16(ReadOnlySpan<byte> w, int at) => BinaryPrimitives.ReadUInt16LittleEndian(w[at..]);
    private static uint U32(ReadOnlySpan<byte> w, int at) => BinaryPrimitives.ReadUInt32LittleEndian(w[at..]);
    private static ulong U64(ReadOnlySpan<byte> w, int at) => BinaryPrimitives.ReadUInt64LittleEndian(w[at..]);

    internal static string? Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        var text = Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
        return text.Length == 0 ? null : text;
    }

    internal static string? Uuid(ReadOnlySpan<byte> bytes) =>
        bytes.IndexOfAnyExcept((byte)0) < 0 ? null : new Guid(bytes, bigEndian: true).ToString();
}
