using System.Buffers.Binary;

namespace KairosBoot.Plan;

/// <summary>
/// Recognises members of an md array (linux/raid/md_p.h). With the versions 0.90 and 1.0 the superblock is at the end of the device. Such a
/// member starts with the file system of the array, and must not be mounted alone.
/// </summary>
public static class RaidProbe
{
    /// <summary>Bytes to read at each offset.</summary>
    public const int Length = 1024;

    private const uint Magic = 0xA92B4EFC;
    private const int OldReserved = 64 * 1024, NewReserved = 8 * 1024, NewAlignment = 4 * 1024;

    /// <summary>Number of places to look at near the end of a device.</summary>
    public const int Places = 2;

    /// <summary>Where to look. Not positive: nothing is read, because the file system covers this place, or is no file system.</summary>
    /// <param name="place">From 0.</param>
    /// <param name="found">The file system at the start of the device; null: there is none.</param>
    /// <param name="sizeBytes">Size of the device; 0: not a device.</param>
    public static long Offset(int place, Superblock? found, long sizeBytes)
    {
        if (found is { SizeBytes: 0 } or { Mountable: false }) return 0;
        var offset = place == 0 ? (sizeBytes - NewReserved) / NewAlignment * NewAlignment
            : sizeBytes / OldReserved * OldReserved - OldReserved;
        // A file system larger than the device may continue on other members.
        return found is null || offset >= found.SizeBytes || found.SizeBytes > sizeBytes ? offset : 0;
    }

    /// <summary>Null: there is no superblock of an array.</summary>
    /// <param name="offset">Of the window, in bytes from the start of the device.</param>
    /// <param name="window">At least <see cref="Length"/> bytes.</param>
    public static Superblock? Probe(long offset, ReadOnlySpan<byte> window)
    {
        if (window.Length < Length || BinaryPrimitives.ReadUInt32LittleEndian(window) != Magic) return null;
        switch (BinaryPrimitives.ReadUInt32LittleEndian(window[4..]))
        {
            case 0 when offset > 0 && offset % OldReserved == 0:
                // set_uuid0 is apart from the other three words. Tools print them as numbers.
                Span<byte> uuid = stackalloc byte[16];
                for (var word = 0; word < 4; word++)
                {
                    var value = BinaryPrimitives.ReadUInt32LittleEndian(window[(word == 0 ? 20 : 48 + word * 4)..]);
                    BinaryPrimitives.WriteUInt32BigEndian(uuid[(word * 4)..], value);
                }
                return new(Superblock.Raid, null, SuperblockProbe.Uuid(uuid), 0);
            // The superblock of version 1 contains its own place, in sectors.
            case 1 when BinaryPrimitives.ReadInt64LittleEndian(window[144..]) is var sector && sector == offset / 512:
                return new(Superblock.Raid, SuperblockProbe.Text(window.Slice(32, 32)), SuperblockProbe.Uuid(window.Slice(16, 16)), 0);
            default:
                return null;
        }
    }
}
