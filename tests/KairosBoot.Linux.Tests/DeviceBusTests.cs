using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>Which disks can be plugged in from outside, according to sysfs of real machines.</summary>
public sealed class DeviceBusTests : IDisposable
{
    private readonly string sysfs = Directory.CreateTempSubdirectory("kairosboot-sysfs-").FullName;

    public void Dispose() => Directory.Delete(sysfs, recursive: true);

    [Theory]
    [InlineData("vdb", "pci0000:00/0000:00:05.0/virtio2/block/vdb", null, "virtio")]
    [InlineData("sda", "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda", null, "SATA")]
    [InlineData("sdc", "pci0000:00/0000:00:04.0/virtio1/host2/target2:0:0/2:0:0:1/block/sdc", null, "virtio")]
    [InlineData("sr0", "pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0/block/sr0", null, "SATA")]
    [InlineData("nvme0n1", "pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme0/nvme0n1", null, "NVMe")]
    [InlineData("xvdb", "vbd-51728/block/xvdb", null, "Xen")]
    [InlineData("sdb", "pci0000:00/0000:00:14.0/usb2/2-3/2-3:1.0/host6/target6:0:0/6:0:0:0/block/sdb", "USB", "USB")]
    [InlineData("sr1", "pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/host7/target7:0:0/7:0:0:0/block/sr1", "USB", "USB")]
    [InlineData("sdd", "platform/soc/20980000.usb/usb1/1-1/1-1.4/1-1.4:1.0/host0/target0:0:0/0:0:0:0/block/sdd", "USB", "USB")]
    [InlineData("sde", "pci0000:00/0000:00:1e.0/fw1/fw1.0/host8/target8:0:0/8:0:0:0/block/sde", "FireWire", "FireWire")]
    public void A_disk_is_known_by_the_devices_above_it(string name, string path, string? bus, string words)
    {
        Directory.CreateDirectory($"{sysfs}/devices/{path}");
        Directory.CreateDirectory(sysfs + "/class/block");
        File.CreateSymbolicLink($"{sysfs}/class/block/{name}", "../../devices/" + path);
        Assert.Equal(bus, DeviceBus.OfMedium(new BlockDevice(name, name, 0, 1), sysfs));
        Assert.Equal(bus, DeviceBus.OfMedium(new BlockDevice(name + "1", name, 1, 1), sysfs));
        Assert.Equal(words, DeviceBus.Describe(new BlockDevice(name, name, 0, 1), sysfs));
    }

    [Theory]
    [InlineData("wwid", "eui.0025385b71b00a1c", "eui.0025385b71b00a1c")]
    [InlineData("device/wwid", "naa.5000c500a1b2c3d4", "naa.5000c500a1b2c3d4")]
    [InlineData("device/wwid", "t10.ATA     QEMU HARDDISK                           QM00001", null)]
    [InlineData("wwid", "nvme.1b36-7365-51454d55-00000001", null)]
    [InlineData("size", "8", null)]
    public void Only_a_registered_name_identifies_a_disk(string file, string content, string? wwid)
    {
        Directory.CreateDirectory(sysfs + "/class/block/sda/device");
        File.WriteAllText($"{sysfs}/class/block/sda/{file}", content + "\n");
        Assert.Equal(wwid, DeviceBus.Wwid(new BlockDevice("sda5", "sda", 5, 1), sysfs));
    }

    [Theory]
    [InlineData("MMC", null)]
    [InlineData("SD", "SD")]
    [InlineData("SDcombo", "SD")]
    [InlineData("", "SD")]
    public void A_soldered_chip_is_built_in_and_a_card_is_not(string type, string? bus)
    {
        Directory.CreateDirectory(sysfs + "/class/block/mmcblk0/device");
        if (type.Length > 0) File.WriteAllText(sysfs + "/class/block/mmcblk0/device/type", type + "\n");
        Assert.Equal(bus, DeviceBus.OfMedium(new BlockDevice("mmcblk0p1", "mmcblk0", 1, 1), sysfs));
    }

    [Fact]
    public void A_disk_unknown_to_sysfs_is_built_in() => Assert.Null(DeviceBus.OfMedium(new BlockDevice("vdz", "vdz", 0, 1), sysfs));
}
