namespace KairosBoot.Linux.Tests;

/// <summary>The drivers of a disk in copies of sysfs, and those of a disk of this machine.</summary>
public sealed class DriverChainTests : IDisposable
{
    private readonly string sysfs = Directory.CreateTempSubdirectory("kairosboot-sysfs-").FullName;

    public void Dispose() => Directory.Delete(sysfs, recursive: true);

    private string Chain(string disk) => string.Join(' ', DriverChain.Of(disk, sysfs)
        .Select(driver => $"{driver.Device}={driver.Name}/{driver.Module ?? "-"}"));

    private void Disk(string name, string path)
    {
        Directory.CreateDirectory($"{sysfs}/devices/{path}");
        Directory.CreateDirectory($"{sysfs}/class/block");
        File.CreateSymbolicLink($"{sysfs}/class/block/{name}", $"../../devices/{path}");
    }

    private void Driver(string path, string bus, string driver, string? module)
    {
        var (device, place) = ($"{sysfs}/devices/{path}", $"{sysfs}/bus/{bus}/drivers/{driver}");
        Directory.CreateDirectory(place);
        Directory.CreateDirectory(device);
        Directory.CreateDirectory($"{sysfs}/module/{module}");
        File.CreateSymbolicLink(device + "/driver", place);
        if (module is not null) File.CreateSymbolicLink(place + "/module", $"../../../../module/{module}");
        File.WriteAllText(device + "/modalias", $"{bus}:x\n");
    }

    [Fact]
    public void A_SCSI_disk_needs_its_own_driver_and_that_of_its_adapter()
    {
        const string Device = "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0";
        Driver("pci0000:00/0000:00:1f.2", "pci", "ahci", "ahci");
        Driver(Device, "scsi", "sd", "sd_mod");
        Disk("sda", Device + "/block/sda");
        Assert.Equal("0:0:0:0=sd/sd_mod 0000:00:1f.2=ahci/ahci", Chain("sda"));
        Assert.Equal("pci:x", DriverChain.Of("sda", sysfs)[1].Modalias);
    }

    [Fact]
    public void A_driver_in_the_kernel_has_no_module()
    {
        Driver("pci0000:00/0000:00:03.0", "pci", "virtio-pci", null);
        Driver("pci0000:00/0000:00:03.0/virtio1", "virtio", "virtio_blk", "virtio_blk");
        Disk("vda", "pci0000:00/0000:00:03.0/virtio1/block/vda");
        Assert.Equal("virtio1=virtio_blk/virtio_blk 0000:00:03.0=virtio-pci/-", Chain("vda"));
    }

    [Fact]
    public void An_NVMe_disk_with_several_paths_needs_the_drivers_of_its_controllers()
    {
        Driver("pci0000:00/0000:01:00.0", "pci", "nvme", "nvme");
        Directory.CreateDirectory(sysfs + "/devices/pci0000:00/0000:01:00.0/nvme/nvme0");
        Disk("nvme0n1", "virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
        File.CreateSymbolicLink(sysfs + "/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0",
            "../../../pci0000:00/0000:01:00.0/nvme/nvme0");
        Assert.Equal("0000:01:00.0=nvme/nvme", Chain("nvme0n1"));
    }

    [Fact]
    public void A_device_without_hardware_or_one_that_does_not_exist_needs_no_driver()
    {
        Disk("dm-0", "virtual/block/dm-0");
        Assert.Equal("", Chain("dm-0"));
        Assert.Equal("", Chain("nothing"));
        File.CreateSymbolicLink(sysfs + "/class/block/odd", "/etc");
        Assert.Equal("", Chain("odd"));
    }
}
