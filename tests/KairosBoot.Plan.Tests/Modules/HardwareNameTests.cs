namespace KairosBoot.Plan.Tests;

public sealed class HardwareNameTests
{
    [Theory]
    [InlineData("pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01", "PCI device 8086:2922 (Intel SATA controller)")]
    [InlineData("pci:v00001000d00000012sv00000000sd00001000bc01sc00i00", "PCI device 1000:0012 (Broadcom SCSI controller)")]
    [InlineData("pci:v00001B36d00000010sv00001AF4sd00001100bc01sc08i02", "PCI device 1B36:0010 (NVMe controller)")]
    [InlineData("pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc80i00", "PCI device 1AF4:1001 (virtio storage controller)")]
    [InlineData("usb:v46F4p0001d0000dc00dsc00dp00ic08isc06ip50in00", "USB device 46F4:0001 (mass storage)")]
    [InlineData("virtio:d00000002v00001AF4", "virtio disk")]
    [InlineData("virtio:d00000008v00001AF4", "virtio SCSI controller")]
    [InlineData("pci:v00001234d00001111sv00001AF4sd00001100bc03sc00i00", null)]
    [InlineData("usb:v0627p0001d0000dc00dsc00dp00ic03isc00ip00in00", null)]
    [InlineData("virtio:d00000001v00001AF4", null)]
    [InlineData("pci:vbc01sc", null)]
    [InlineData("pci:v00008086bc01sc06", null)]
    [InlineData("usb:vic08", null)]
    [InlineData("acpi:PNP0A08:", null)]
    [InlineData("", null)]
    public void Storage_without_a_driver_is_named_in_words(string modalias, string? name) =>
        Assert.Equal(name, HardwareName.OfStorage(modalias));
}
