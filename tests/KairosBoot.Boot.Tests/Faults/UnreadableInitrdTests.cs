using System.Globalization;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// A disk with a bad sector in the initrd of the active image. GRUB would start a kernel that it has loaded without its initrd, and the
/// kernel would panic.
/// </summary>
public sealed class UnreadableInitrdTests
{
    private static readonly GrubDisk.Kind Kind = new() { Init = Settled.Init, KernelArguments = "panic=1" };

    // GRUB's modules in cores of earlier versions, as far as the menu needs them.
    private static readonly string[] EarlierModules =
    [
        "part_gpt", "ext2", "fat", "loopback", "normal", "configfile", "test", "true", "echo", "sleep", "regexp", "probe", "minicmd",
        "loadenv", "linux", "reboot", "serial", "terminal",
    ];

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

    [Theory]
    [MemberData(nameof(Firmwares))]
    public void On_a_write_protected_disk_grub_unloads_the_kernel_and_starts_the_next_slot(Firmware firmware)
    {
        // disk, write-protected: as above
        using GrubDisk disk = new(Kind);
        Settled settled = Settled.After(Spec("unload", firmware, disk) with { WriteProtected = true });
        Assert.Equal(("active,passive", "passive", "passive_mode"), (settled.Boots, settled.Slot, settled.Mode));
    }

    // It waits for a minute.
    [Fact]
    public void An_earlier_core_on_a_write_protected_disk_shows_the_reason_and_reboots()
    {
        if (!Thorough.Run) return;
        // disk, write-protected: as above, with a GRUB that cannot unload a kernel
        using GrubDisk disk = new(Kind);
        string grub = disk.FileWith("");
        Tool.Run("grub-mkimage", ["-O", "x86_64-efi", "-p", "(,gpt5)/grub", "-o", grub, .. EarlierModules]);
        disk.ReplaceUefiLoader(grub);
        using QemuMachine machine = QemuMachine.Start(Spec("earlier-core", Firmware.Uefi, disk) with { WriteProtected = true });
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
