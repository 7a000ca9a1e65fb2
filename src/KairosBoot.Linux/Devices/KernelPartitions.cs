using System.Runtime.InteropServices;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// Informs the kernel of a change of one partition (BLKPG) while the others and the disk are in use. Reads and writes no partition table.
/// </summary>
public static unsafe class KernelPartitions
{
    // linux/fs.h, linux/blkpg.h
    internal const uint BLKPG = 0x1269;
    internal const int BLKRRPART = 0x125F;
    internal const int BLKPG_ADD_PARTITION = 1, BLKPG_DEL_PARTITION = 2, BLKPG_RESIZE_PARTITION = 3;

    /// <summary>struct blkpg_ioctl_arg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Request
    {
        public int Operation, Flags, DataLength;
        public Partition* Data;
    }

    /// <summary>struct blkpg_partition.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Partition
    {
        public long Start, Length;
        public int Number;
        public fixed byte DeviceName[64], VolumeName[64];
    }

    /// <param name="disk">Opened for reading or writing.</param>
    /// <param name="number">Number of the partition.</param>
    /// <param name="start">Its offset on the disk in bytes.</param>
    /// <param name="length">Its length in bytes.</param>
    public static void Add(FileHandle disk, int number, long start, long length) =>
        Do(disk, BLKPG_ADD_PARTITION, "ADD", number, start, length);

    /// <inheritdoc cref="Add"/>
    public static void Resize(FileHandle disk, int number, long start, long length) =>
        Do(disk, BLKPG_RESIZE_PARTITION, "RESIZE", number, start, length);

    public static void Delete(FileHandle disk, int number) => Do(disk, BLKPG_DEL_PARTITION, "DEL", number, 0, 0);

    /// <summary>Makes the kernel read the partition table of a disk again (BLKRRPART).</summary>
    /// <returns>
    /// 0; EBUSY: a partition is in use, and the kernel keeps the old table; EINVAL: the kernel reads no partitions from this disk.
    /// </returns>
    public static int TryReread(FileHandle disk) => LibC.ioctl(disk.Descriptor, BLKRRPART, null) < 0 ? LibC.errno : 0;

    private static void Do(FileHandle disk, int operation, string name, int number, long start, long length)
    {
        var partition = new Partition { Start = start, Length = length, Number = number };
        var request = new Request { Operation = operation, DataLength = sizeof(Partition), Data = &partition };
        Syscall.IoCtl(disk, BLKPG, &request, $"BLKPG_{name}_PARTITION {number}");
    }
}
