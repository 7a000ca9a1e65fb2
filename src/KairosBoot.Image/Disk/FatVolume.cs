using System.Buffers.Binary;
using System.Text;

namespace KairosBoot.Image;

/// <summary>
/// A FAT file system with one file: an ESP. It is a FAT32, or a FAT16 if the sectors are too large for enough clusters.
/// Layout: Microsoft's FAT32 File System Specification 1.03.
/// </summary>
internal sealed class FatVolume
{
    private const int EntryLength = 32, RootEntries = 512, Fats = 2;
    private const int MinFat32Clusters = 65525; // with fewer clusters it is a FAT16: only their number decides
    private const byte DirectoryAttribute = 0x10, LabelAttribute = 0x08, FileAttribute = 0x20;
    private const ushort Date = 1 << 5 | 1; // 1980-01-01, the earliest date of FAT

    private readonly int sectorSize, reserved, rootSectors, fatSectors;
    private readonly long sectors, dataSector;
    private readonly bool isFat32;
    private readonly byte[] bytes;
    private int clusters;

    private FatVolume(long volumeBytes, int sectorSize, int contentBytes)
    {
        this.sectorSize = sectorSize;
        sectors = volumeBytes / sectorSize;
        isFat32 = sectors > MinFat32Clusters + MinFat32Clusters / 32;
        reserved = isFat32 ? 32 : 1;
        rootSectors = isFat32 ? 0 : RootEntries * EntryLength / sectorSize;
        fatSectors = (int)(((sectors + 2) * FatEntry + sectorSize - 1) / sectorSize);
        dataSector = reserved + Fats * fatSectors + rootSectors;
        bytes = new byte[(dataSector + 3 + (contentBytes + sectorSize - 1) / sectorSize) * sectorSize];
        clusters = 2;
    }

    private int FatEntry => isFat32 ? 4 : 2;

    /// <summary>A name as a directory has it: eight characters and three, without the dot.</summary>
    internal static string ShortName(string name) =>
        Path.GetFileNameWithoutExtension(name).PadRight(8) + Path.GetExtension(name).TrimStart('.');

    /// <summary>Builds the start of the volume, up to the end of the file; the rest is free space.</summary>
    /// <param name="label">At most 11 characters.</param>
    /// <param name="path">Names of the directories and the file, as 8.3 without a dot: <c>BOOTX64 EFI</c>.</param>
    /// <param name="content">Content of the file.</param>
    /// <param name="volumeBytes">Size of the partition.</param>
    /// <param name="sectorSize">Bytes of a sector of the disk.</param>
    /// <param name="start">First byte of the partition on the disk.</param>
    /// <param name="serial">Serial number of the volume.</param>
    internal static byte[] Create(string label, string[] path, byte[] content, long volumeBytes, int sectorSize, long start, uint serial)
    {
        var volume = new FatVolume(volumeBytes, sectorSize, content.Length);
        var parent = volume.isFat32 ? volume.Take(1) : 0;
        var root = parent;
        volume.Entry(parent, 0, label, LabelAttribute, 0, 0);
        for (var level = 0; level < path.Length - 1; level++)
        {
            var directory = volume.Take(1);
            volume.Entry(parent, level == 0 ? 1 : 2, path[level], DirectoryAttribute, directory, 0);
            volume.Entry(directory, 0, ".", DirectoryAttribute, directory, 0);
            // for the root directory, ".." is 0 instead of its cluster
            volume.Entry(directory, 1, "..", DirectoryAttribute, parent == root ? 0 : parent, 0);
            parent = directory;
        }

        var file = volume.Take((content.Length + sectorSize - 1) / sectorSize);
        volume.Entry(parent, 2, path[^1], FileAttribute, file, content.Length);
        content.CopyTo(volume.bytes, volume.Offset(file));
        volume.Finish(label, start, serial);
        return volume.bytes;
    }

    /// <summary>Allocates a chain of clusters, one sector each.</summary>
    private int Take(int count)
    {
        var first = clusters;
        clusters += count;
        for (var cluster = first; cluster < clusters; cluster++)
            Link(cluster, cluster + 1 < clusters ? cluster + 1 : 0x0FFFFFFF);
        return first;
    }

    private void Link(int cluster, int next)
    {
        for (var fat = 0; fat < Fats; fat++)
        {
            var entry = bytes.AsSpan((reserved + fat * fatSectors) * sectorSize + cluster * FatEntry);
            if (isFat32)
                BinaryPrimitives.WriteInt32LittleEndian(entry, next);
            else
                BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)next);
        }
    }

    private int Offset(int cluster) => (int)(cluster == 0 ? dataSector - rootSectors : dataSector + cluster - 2) * sectorSize;

    private void Entry(int directory, int index, string name, byte attribute, int cluster, int size)
    {
        var entry = bytes.AsSpan(Offset(directory) + index * EntryLength, EntryLength);
        Name(name, entry);
        entry[11] = attribute;
        foreach (var date in (ReadOnlySpan<int>)[16, 18, 24])
            BinaryPrimitives.WriteUInt16LittleEndian(entry[date..], Date);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[20..], (ushort)(cluster >> 16));
        BinaryPrimitives.WriteUInt16LittleEndian(entry[26..], (ushort)cluster);
        BinaryPrimitives.WriteInt32LittleEndian(entry[28..], size);
    }

    private static void Name(string name, Span<byte> field)
    {
        field[..11].Fill((byte)' ');
        Encoding.ASCII.GetBytes(name, field);
    }

    private void Finish(string label, long start, uint serial)
    {
        Link(0, 0x0FFFFFF8);
        Link(1, 0x0FFFFFFF);
        var boot = bytes.AsSpan(0, sectorSize);
        ((ReadOnlySpan<byte>)[0xEB, 0xFE, 0x90]).CopyTo(boot); // an endless loop: this sector does not boot
        "KAIROSBT"u8.CopyTo(boot[3..]);
        BinaryPrimitives.WriteUInt16LittleEndian(boot[11..], (ushort)sectorSize);
        boot[13] = 1; // sectors per cluster
        BinaryPrimitives.WriteUInt16LittleEndian(boot[14..], (ushort)reserved);
        boot[16] = Fats;
        BinaryPrimitives.WriteUInt16LittleEndian(boot[17..], (ushort)(isFat32 ? 0 : RootEntries));
        boot[21] = 0xF8; // a fixed disk
        BinaryPrimitives.WriteUInt16LittleEndian(boot[24..], 63); // the usual geometry
        BinaryPrimitives.WriteUInt16LittleEndian(boot[26..], 255);
        BinaryPrimitives.WriteUInt32LittleEndian(boot[28..], (uint)(start / sectorSize));
        if (sectors <= ushort.MaxValue)
            BinaryPrimitives.WriteUInt16LittleEndian(boot[19..], (ushort)sectors);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(boot[32..], (uint)sectors);
        var extended = isFat32 ? boot[64..] : boot[36..];
        extended[0] = 0x80;
        extended[2] = 0x29;
        BinaryPrimitives.WriteUInt32LittleEndian(extended[3..], serial);
        Name(label, extended[7..]);
        (isFat32 ? "FAT32   "u8 : "FAT16   "u8).CopyTo(extended[18..]);
        (boot[510], boot[511]) = (0x55, 0xAA);
        if (isFat32) FinishFat32(boot);
        else BinaryPrimitives.WriteUInt16LittleEndian(boot[22..], (ushort)fatSectors);
    }

    private void FinishFat32(Span<byte> boot)
    {
        BinaryPrimitives.WriteInt32LittleEndian(boot[36..], fatSectors);
        BinaryPrimitives.WriteInt32LittleEndian(boot[44..], 2); // the root's cluster
        BinaryPrimitives.WriteUInt16LittleEndian(boot[48..], 1); // sector of the FSInfo structure
        BinaryPrimitives.WriteUInt16LittleEndian(boot[50..], 6); // sector of the backup boot sector
        var sums = bytes.AsSpan(sectorSize, sectorSize);
        "RRaA"u8.CopyTo(sums);
        "rrAa"u8.CopyTo(sums[484..]);
        BinaryPrimitives.WriteUInt32LittleEndian(sums[488..], (uint)(sectors - dataSector - (clusters - 2)));
        BinaryPrimitives.WriteInt32LittleEndian(sums[492..], clusters);
        (sums[510], sums[511]) = (0x55, 0xAA);
        bytes.AsSpan(0, 2 * sectorSize).CopyTo(bytes.AsSpan(6 * sectorSize));
    }
}
