using System.Buffers.Binary;

namespace KairosBoot.Image.Tests;

public class GrubBootSectorsTests
{
    private const int Sector = GrubBootSectors.SectorSize;

    [Fact]
    public void The_mbr_gets_grubs_code_and_the_core_sector_and_keeps_its_partition_table()
    {
        var current = Enumerable.Repeat((byte)0xAA, Sector).ToArray();
        var bootImage = Enumerable.Repeat((byte)0x11, Sector).ToArray();
        var sector = GrubBootSectors.MasterBootRecord(current, bootImage, coreSector: 2048);
        Assert.Equal(2048, BinaryPrimitives.ReadInt64LittleEndian(sector.AsSpan(0x5C)));
        Assert.Equal([0x90, 0x90], sector[0x66..0x68]);
        Assert.All(sector[440..], octet => Assert.Equal(0xAA, octet));
        Assert.All(sector[..0x5C].Concat(sector[0x64..0x66]).Concat(sector[0x68..440]), octet => Assert.Equal(0x11, octet));
    }

    [Fact]
    public void The_core_image_gets_the_sector_after_its_first()
    {
        var core = GrubBootSectors.Core(new byte[4 * Sector], coreSector: 2048);
        Assert.Equal(2049, BinaryPrimitives.ReadInt64LittleEndian(core.AsSpan(0x1F4)));
        Assert.Equal(4 * Sector - 8, core.Count(octet => octet == 0) - 6);
    }

    [Fact]
    public void Debians_boot_image_has_the_drive_check_at_the_patched_offset()
    {
        // A jump of two bytes ("jmp 3f" in boot.S): anything else there means that the offset is wrong for this GRUB.
        Assert.Equal(0xEB, File.ReadAllBytes("/usr/lib/grub/i386-pc/boot.img")[0x66]);
    }
}
