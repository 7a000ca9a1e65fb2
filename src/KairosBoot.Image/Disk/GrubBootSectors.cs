using System.Buffers.Binary;

namespace KairosBoot.Image;

/// <summary>
/// Prepares GRUB for a BIOS, as grub-bios-setup does: boot.img in the MBR loads the first sector of the BIOS boot partition
/// (diskboot.img), which loads the rest of the core image. Offsets: grub's include/grub/i386/pc/boot.h.
/// </summary>
public static class GrubBootSectors
{
    public const int SectorSize = 512;

    private const int KernelSector = 0x5C, DriveCheck = 0x66, CodeEnd = 0x1B8, BlockListStart = 0x1F4;
    private const byte Nop = 0x90;

    /// <summary>The MBR with GRUB's code; the disk signature and partition table, from byte 440 on, stay.</summary>
    public static byte[] MasterBootRecord(ReadOnlySpan<byte> current, ReadOnlySpan<byte> bootImage, long coreSector)
    {
        var sector = current[..SectorSize].ToArray();
        bootImage[..CodeEnd].CopyTo(sector);
        BinaryPrimitives.WriteInt64LittleEndian(sector.AsSpan(KernelSector), coreSector);

        // Some BIOSes pass a wrong drive number. Without this jump, boot.img uses 0x80 if the number cannot be a hard disk.
        sector.AsSpan(DriveCheck, 2).Fill(Nop);
        return sector;
    }

    /// <summary>The core image with the block list of its second sector, which follows its first.</summary>
    public static byte[] Core(ReadOnlySpan<byte> coreImage, long coreSector)
    {
        var core = coreImage.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(core.AsSpan(BlockListStart), coreSector + 1);
        return core;
    }
}
