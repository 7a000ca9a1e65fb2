using System.Buffers.Binary;

namespace KairosBoot.Boot.Tests;

/// <summary>A write to a disk, or a flush of the writes before.</summary>
/// <param name="Offset">In bytes.</param>
/// <param name="Data">Empty: a flush.</param>
public sealed record DiskWrite(long Offset, byte[] Data);

/// <summary>
/// The writes of a machine in order. The format is that of the kernel's dm-log-writes
/// (Documentation/admin-guide/device-mapper/log-writes.rst) and of QEMU's blklogwrites.
/// </summary>
public static class WriteLog
{
    private const int Sector = 512;
    private const ulong Magic = 0x6A736677736872;

    [Flags]
    private enum Flag : ulong { Flush = 1, Fua = 2, Discard = 4 }

    public static IEnumerable<DiskWrite> Read(string path)
    {
        using FileStream log = File.OpenRead(path);
        byte[] sector = new byte[Sector];
        log.ReadExactly(sector);
        Assert.Equal((Magic, 1UL), (Number(sector, 0), Number(sector, 1)));
        for (ulong left = Number(sector, 2); left > 0; left--)
        {
            log.Position = (log.Position + Sector - 1) / Sector * Sector;
            log.ReadExactly(sector);
            (long at, long length, Flag flags) =
                ((long)Number(sector, 0) * Sector, (long)Number(sector, 1) * Sector, (Flag)Number(sector, 2));
            if (flags.HasFlag(Flag.Flush)) yield return new DiskWrite(0, []);
            // A discard is not a write.
            if (length > 0 && !flags.HasFlag(Flag.Discard))
            {
                byte[] data = new byte[length];
                log.ReadExactly(data);
                yield return new DiskWrite(at, data);
            }
            if (flags.HasFlag(Flag.Fua)) yield return new DiskWrite(0, []);
        }
    }

    private static ulong Number(byte[] sector, int index) => BinaryPrimitives.ReadUInt64LittleEndian(sector.AsSpan(index * 8));
}
