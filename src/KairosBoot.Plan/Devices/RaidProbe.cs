using System.Buffers.Binary;

namespace KairosBoot.Plan;

/// <summary>
/// Recognises members of an md array whose superblock is at the end of the device (versions 0.90 and 1.0, linux/raid/md_p.h). Such a member
/// starts with the file system of the array, and must not be mounted alone.
/// </summary>
public static class RaidProbe
{
    /// <summary>Bytes to read at each offset.</summary>
    public const int Length = 1024;

    private const uint Magic = 0xA92B4EFC;
    private const int OldReserved = 64 * 1024, NewReserved = 8 * 1024, NewAlignment = 4 * 1024;

    /// <summary>Number of places to look at.</summary>
    public const int Places = 2;

    /// <summary>Where to look. 0: the file system covers this place, so it is not inside an array.</summary>
    /// <param name="place">From 0.</param>
    /// <param name="found">The file system at the start of the device.</param>
    /// <param name="sizeBytes">Size of the device; 0: not a device.</param>
    public static long Offset(int place, Superblock found, long sizeBytes)
    {
        if (found.SizeBytes == 0 || !found.Mountable) return 0;
        var offset = place == 0 ? (sizeBytes - NewReserved) / NewAlignment * NewAlignment
            : sizeBytes / OldReserved * OldReserved - OldReserved;
        return offset >= found.SizeBytes ? offset : 0;
    }

    /// <summary>Null: there is no superblock of an array.</summary>
    public static Superblock? Probe(long offset, ReadOnlySpan<byte> window)
    {
        if (window.Length < Length || BinaryPrimitives.ReadUInt32LittleEndian(window) != Magic) return null;
        var version = BinaryPrimitives.ReadUInt32LittleEndian(window[4..]);
        // The superblock of version 1 contains its own place, in sectors.
        var isMember = version == 0 || (version == 1 && BinaryPrimitives.ReadInt64LittleEndian(window[144..]) * 512 == offset);
        return isMember ? new(Superblock.Raid, null, null, 0) : null;
    }
}
