using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// Marks of formats on whole disks that <see cref="SuperblockProbe"/> does not know, because no KairosBoot system mounts them. Places and
/// bytes are those of libblkid, and of the kernel's block/partitions for partition tables that libblkid does not know.
/// </summary>
public static class DiskMarks
{
    private const int KiB = 1024, MiB = 1 << 20, ZfsLabel = 256 * KiB, ZfsNames = 16 * KiB, ZfsBlocks = 128 * KiB;

    /// <summary>A disk is blank only if so many bytes at its start, and so many at its end, are zero.</summary>
    public const int Window = 4 * MiB;

    private static readonly int[] UfsPlaces = [0, 8 * KiB, 64 * KiB, 256 * KiB];
    private static readonly string[] Ufs = ["19015419", "54190100", "19540119", "00011954"];

    // Marks of two bytes are left out: they appear by chance. Such a disk is still not blank.
    private static readonly DiskMark[] Table =
    [
        // File systems.
        Text("ntfs", 3, "NTFS    "), Text("exfat", 3, "EXFAT   "), Text("ReFS", 3, "ReFS\0"), Text("BitLocker", 3, "-FVE-FS-"),
        Text("apfs", 32, "NXSB"), Text("hfsplus", KiB, "H+\0\u0004"), Text("hfsplus", KiB, "HX\0\u0005"),
        Hex("VMFS", 2 * MiB, "5ef1ab2f"), Text("ocfs", 8 * KiB, "OracleCFS"), Text("ocfs2", KiB, "OCFSV2"),
        Text("ocfs2", 2 * KiB, "OCFSV2"), Text("ocfs2", 4 * KiB, "OCFSV2"), Text("ocfs2", 8 * KiB, "OCFSV2"),
        Hex("gfs2", 64 * KiB, "01161970"), Hex("bcachefs", 4096 + 24, "c68573f666ce90a9d96a60cf803df7ef"),
        Hex("scoutfs", 64 * KiB + 4, "8b423c10"), Text("reiserfs", 64 * KiB + 52, "ReIsEr"), Text("reiserfs", 8 * KiB + 52, "ReIsEr"),
        Text("reiser4", 64 * KiB, "ReIsEr4"), Text("jfs", 32 * KiB, "JFS1"), Text("udf", 32 * KiB + 1, "BEA01"),
        Text("udf", 32 * KiB + 1, "NSR0"), Hex("hpfs", 8 * KiB, "49e895f9"), Hex("vxfs", KiB, "f5fc01a5"), Hex("cramfs", 0, "453dcd28"),
        Text("romfs", 0, "-rom1fs-"), Text("befs", 512 + 32, "1SFB"), Text("befs", 32, "1SFB"), Text("zonefs", 0, "SFOZ"),
        Hex("bfs", 0, "cefaad1b"), Text("exfs", 0, "EXFS"), Hex("ubifs", 0, "31181006"), Text("nss", 4096, "SPB5"),
        .. Ufs.SelectMany(magic => UfsPlaces.Select(place => Hex("ufs", place + 0x55C, magic))),
        // Members of pools, arrays and mappings.
        Hex("VMFS_volume_member", MiB, "0dd001c0"), Text("ubi", 0, "UBI#"),
        Text("ceph_bluestore", 0, "bluestore block device"), Text("oracleasm", 32, "ORCLDISK"),
        Hex("stratis", 512 + 4, "2153747261307469"), Hex("stratis", 9 * 512 + 4, "2153747261307469"),
        Text("vdo", 0, "dmvdo001"),
        Text("DM_snapshot_cow", 0, "SnAp"), Text("DM_verity_hash", 0, "verity\0\0"), Text("DM_integrity", 0, "integrt\0"),
        Text("swsuspend", 4096 - 10, "S1SUSPEND"), Text("swsuspend", 4096 - 10, "LINHIB0001"),
        Hex("ddf_raid_member", 0, "de11de11", 512), Hex("ddf_raid_member", 0, "11de11de", 512),
        Hex("ddf_raid_member", 0, "de11de11", 257 * 512), Text("isw_raid_member", 0, "Intel Raid ISM Cfg Sig. ", 1024),
        Text("lsi_mega_raid_member", 0, "$XIDE$", 512), Text("nvidia_raid_member", 0, "NVIDIA", 1024),
        Text("promise_fasttrack_raid_member", 0, "Promise Technology, Inc.", 63 * 512),
        Hex("drbd", 60, "8374026b", 4096), Hex("drbd", 60, "8374026c", 4096), Hex("drbd", 60, "8374026d", 4096),
        Hex(Superblock.Raid, 0, "fc4e2ba900000000", 64 * KiB, 64 * KiB), Hex(Superblock.Raid, 0, "fc4e2ba901000000", 8 * KiB, 4 * KiB),
        // A second copy that is left when the first is overwritten.
        Hex(Superblock.Luks, 16 * KiB, "534b554cbabe"), Hex(Superblock.Luks, 32 * KiB, "534b554cbabe"),
        Hex(Superblock.Luks, 64 * KiB, "534b554cbabe"), Hex(Superblock.Luks, 4 * MiB, "534b554cbabe"),
        Text("btrfs", 64 * MiB + 64, "_BHRfS_M"),
        // Partition tables that kboot does not read.
        Hex("SGI disk label", 0, "0be5a941"), Hex("AIX disk label", 0, "c9c2d4c1"), Hex("BSD disk label", 512, "57455682"),
        Hex("BSD disk label", 64, "57455682"), Text("Mac partition map", 512, "PM\0\0\0\0\0"), Text("Amiga partition table", 0, "RDSK"),
        Hex("Sun disk label", 508, "dabe"), Text("LDM database", 3 * 512, "PRIVHEAD"), Text("LDM database", 0, "PRIVHEAD", MiB),
        .. ZfsMarks(),
    ];

    public static ReadOnlySpan<DiskMark> All => Table;

    /// <summary>The formats that have a mark on a disk, each once, in the order of the table.</summary>
    /// <param name="diskBytes">Size of the disk.</param>
    /// <param name="read">Reads that many bytes from that offset; fewer at the end of the disk.</param>
    public static IReadOnlyList<string> Find(long diskBytes, Func<long, int, byte[]> read)
    {
        var found = new List<string>();
        foreach (var mark in Table)
        {
            if (mark.Place(diskBytes) is >= 0 and var place && !found.Contains(mark.Format)
                && mark.Bytes.SequenceEqual(read(place, mark.Bytes.Length)))
            {
                found.Add(mark.Format);
            }
        }

        return found;
    }

    // Four labels, two at each end: a list of names and values, and up to 128 uberblocks in either byte order. The first uberblocks of a
    // label may be empty.
    private static IEnumerable<DiskMark> ZfsMarks()
    {
        foreach (var (start, fromEnd) in ((long, long)[])[(0, 0), (ZfsLabel, 0), (0, 2 * ZfsLabel), (0, ZfsLabel)])
        {
            yield return new("zfs_member", start + ZfsNames + 20, Encoding.Latin1.GetBytes("\0\0\0\u0007version\0"), fromEnd, ZfsLabel);
            for (var block = 0; block < ZfsLabel - ZfsBlocks; block += KiB)
            {
                foreach (var magic in (string[])["0cb1ba0000000000", "0000000000bab10c"])
                    yield return new("zfs_member", start + ZfsBlocks + block, Convert.FromHexString(magic), fromEnd, ZfsLabel);
            }
        }
    }

    private static DiskMark Text(string format, long offset, string text, long fromEnd = 0) =>
        new(format, offset, Encoding.Latin1.GetBytes(text), fromEnd);

    private static DiskMark Hex(string format, long offset, string bytes, long fromEnd = 0, int alignment = 512) =>
        new(format, offset, Convert.FromHexString(bytes), fromEnd, alignment);
}
