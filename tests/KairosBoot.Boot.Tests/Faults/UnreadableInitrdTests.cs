using System.Globalization;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// A disk with a bad sector in the initrd of the active image. GRUB would start a kernel that it has loaded without its initrd, and the
/// kernel would panic.
/// </summary>
public sealed class UnreadableInitrdTests
{
    private static readonly GrubDisk.Kind Kind = new() { Init = Settled.Init, KernelArguments = "panic=1" };

    public static TheoryData<Firmware> Firmwares => Thorough.Run ? [Firmware.Bios, Firmware.Uefi] : [Firmware.Bios];

    [Theory]
    [MemberData(nameof(Firmwares))]
    public void The_next_start_is_the_next_slot(Firmware firmware)
    {
        // disk: as kboot builds it; a sector of the initrd in active.img cannot be read
        using GrubDisk disk = new(Kind);
        Settled settled = Settled.After(Spec("next", firmware, disk));
        Assert.Equal(("active passive", "2 2 3", "passive"), (settled.Boots, settled.Tries, settled.Slot));
        Assert.Equal("active: the boot loader could not read its initrd", settled.GivenUp);
        Assert.StartsWith("KairosBoot: passive runs instead of active (active: the boot loader could not read its initrd)", settled.Motd,
            StringComparison.Ordinal);
    }

    [Fact]
    public void On_a_write_protected_disk_grub_unloads_the_kernel_and_starts_the_next_slot()
    {
        if (!Thorough.Run) return;
        // disk, write-protected: as above
        using GrubDisk disk = new(Kind);
        Settled settled = Settled.After(Spec("unload", Firmware.Bios, disk) with { WriteProtected = true });
        Assert.Equal(("active,passive", "passive", "passive_mode"), (settled.Boots, settled.Slot, settled.Mode));
    }

    // GRUB waits for a minute.
    [Fact]
    public void On_a_write_protected_disk_grub_on_uefi_shows_the_reason_and_reboots()
    {
        if (!Thorough.Run) return;
        // disk, write-protected: as above
        using GrubDisk disk = new(Kind);
        using QemuMachine machine = QemuMachine.Start(Spec("wait", Firmware.Uefi, disk) with { WriteProtected = true });
        machine.ExpectEnd(TimeSpan.FromSeconds(240));
        ConsoleText.HoldsAll(machine.Console, "the initrd of active cannot be read", "Rebooting in 60 s");
        Assert.DoesNotContain("Linux version", machine.Console.Text, StringComparison.Ordinal);
    }

    private static MachineSpec Spec(string name, Firmware firmware, GrubDisk disk) => new()
    {
        Name = $"initrd-{name}-{firmware}".ToLowerInvariant(), Firmware = firmware, Disks = [disk.File],
        Unreadable = (SectorOfInitrd(disk), int.MaxValue),
    };

    // A sector in the middle of the initrd, which is in a file of the image, which is in a file of COS_STATE.
    private static long SectorOfInitrd(GrubDisk disk)
    {
        string image = disk.FileWith(disk.Content());
        long middle = new FileInfo(disk.Initrd).Length / 2;
        long inImage = PositionOf(image, "/boot/initrd", middle);
        return (disk.StateStart + PositionOf($"{disk.File}?offset={disk.StateStart}", "/cOS/active.img", inImage)) / 512;
    }

    private static long PositionOf(string fileSystem, string file, long offset)
    {
        string blockSize = Tool.Run("debugfs", "-R", "stats -h", fileSystem).Split('\n')
            .Single(line => line.StartsWith("Block size:", StringComparison.Ordinal));
        long size = long.Parse(blockSize["Block size:".Length..].Trim(), CultureInfo.InvariantCulture);
        long block = long.Parse(Tool.Run("debugfs", "-R", $"bmap {file} {offset / size}", fileSystem).Trim(), CultureInfo.InvariantCulture);
        return block * size;
    }
}
