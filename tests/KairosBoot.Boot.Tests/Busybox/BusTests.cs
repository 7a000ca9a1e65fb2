namespace KairosBoot.Boot.Tests;

/// <summary>The default initrd of Debian's generic kernel finds its disk on each bus.</summary>
public sealed class BusTests
{
    private const string Active = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.timeout=120 panic=1";

    /// <param name="Name">In docs/hardware.md.</param>
    /// <param name="Driver">The driver of the controller or of the device, as sysfs spells it.</param>
    /// <param name="Disk">The kernel's name of the disk.</param>
    /// <param name="Devices">QEMU's devices; DRIVE stands for the drive, and ID for a name that is used once.</param>
    public sealed record Bus(string Name, string Driver, string Disk, params string[] Devices)
    {
        public int BlockSize { get; init; } = 512;

        public string[] DevicesOf(int drive) =>
            [.. Devices.Select(device => device.Replace("DRIVE", $"disk{drive}", StringComparison.Ordinal)
                .Replace("ID", $"bus{drive}", StringComparison.Ordinal))];

        public override string ToString() => Name;
    }

    private static readonly Bus Ahci = new("AHCI", "ahci", "sda", "ide-hd,drive=DRIVE,bus=ide.0");

    private static readonly Bus[] Others =
    [
        new("virtio-scsi", "virtio_scsi", "sda", "virtio-scsi-pci,id=ID", "scsi-hd,drive=DRIVE,bus=ID.0"),
        new("NVMe, blocks of 512", "nvme", "nvme0n1", "nvme,drive=DRIVE,serial=ID"),
        new("NVMe, blocks of 4096", "nvme", "nvme0n1", "nvme,drive=DRIVE,serial=ID,logical_block_size=4096,physical_block_size=4096")
            { BlockSize = 4096 },
        new("USB storage", "usb-storage", "sda", "qemu-xhci,id=ID", "usb-storage,drive=DRIVE,bus=ID.0"),
        new("USB attached SCSI", "uas", "sda", "qemu-xhci,id=ID", "usb-uas,id=IDuas,bus=ID.0", "scsi-hd,drive=DRIVE,bus=IDuas.0"),
        new("SD card", "sdhci-pci", "mmcblk0", "sdhci-pci", "sd-card,drive=DRIVE"),
        new("MegaRAID SAS", "megaraid_sas", "sda", "megasas,id=ID", "scsi-hd,drive=DRIVE,bus=ID.0"),
        new("VMware paravirtual SCSI", "vmw_pvscsi", "sda", "pvscsi,id=ID", "scsi-hd,drive=DRIVE,bus=ID.0"),
        new("LSI 53C895A", "sym53c8xx", "sda", "lsi53c895a,id=ID", "scsi-hd,drive=DRIVE,bus=ID.0"),
    ];

    public static TheoryData<Bus> Buses => new([Ahci, .. Others]);

    [ThoroughTheory]
    [MemberData(nameof(Buses))]
    public void The_system_boots_from_each_bus(Bus bus)
    {
        // disk, 64 MiB because the size of an SD card is a power of two: | COS_STATE: active.img (busybox) | COS_PERSISTENT |
        using SmallDisk disk = new(bus.BlockSize, new Partition("COS_STATE", 30, ("/cOS/active.img", BusyboxRoot.Ext4)),
            new Partition("COS_PERSISTENT", 32));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "bus-" + string.Concat(bus.Name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant(), Disks = [disk.File],
            DiskDevices = [bus.DevicesOf(0)], Kernel = Assets.GenericKernel, Initrd = Assets.GenericDriversInitrd, MemoryMiB = 512,
            CommandLine = Active,
        });
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal("good", Report.Of(shell).GetProperty("verdict").GetString());
        string source = shell.Run("awk '$2 == \"/usr/local\" {print $1}' /proc/mounts");
        Assert.StartsWith("/dev/" + bus.Disk, source, StringComparison.Ordinal);
        Assert.Contains(bus.Driver, DriversOf(shell, bus.Disk));
        Assert.Equal($"{bus.BlockSize}", shell.Run($"cat /sys/class/block/{bus.Disk}/queue/logical_block_size"));
        shell.Run("echo kept > /usr/local/file && sync && echo 3 > /proc/sys/vm/drop_caches && grep -q kept /usr/local/file");
        Figures.Add($"bus {bus.Name}", $"{DriversOf(shell, bus.Disk)}, stage " +
            $"{Report.Of(shell).GetProperty("stageMicroseconds").GetInt64() / 1000} ms");
    }

    [Fact]
    public void GRUB_boots_a_disk_with_sectors_of_4096_bytes()
    {
        if (!Thorough.Run) return;
        // disk: as kboot builds it for such sectors, on NVMe, with UEFI
        const string Init = "exec >/dev/console 2>&1\ngrep ' /usr/local ' /proc/mounts | sed 's/^/RUNS ON /'\npoweroff -f\n";
        using GrubDisk disk = new(new GrubDisk.Kind { Init = Init, GenericKernel = true, AllDrivers = true, SectorSize = 4096 });
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "bus-nvme4096-grub", Disks = [disk.File], DiskDevices = [Others.Single(bus => bus.BlockSize == 4096).DevicesOf(0)],
            Firmware = Firmware.Uefi, MemoryMiB = 768,
        });
        machine.ExpectEnd(TimeSpan.FromMinutes(8));
        ConsoleText.HoldsAll(machine.Console, "KairosBoot: starting active", "kairosboot.env=ok kairosboot.tries=2",
            "RUNS ON /dev/nvme0n1p6");
    }

    [Fact]
    public void A_driver_that_is_kept_out_is_named_where_the_disk_is_missing()
    {
        if (!Thorough.Run) return;
        // disk: | COS_STATE: active.img (busybox) |, which the kernel does not show
        using SmallDisk disk = new(new Partition("COS_STATE", 24, ("/cOS/active.img", BusyboxRoot.Ext4)));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "bus-kept-out", Disks = [disk.File],
            CommandLine = Active + " kairosboot.timeout=3 modprobe.blacklist=virtio-blk",
        });
        machine.ExpectEnd(TimeSpan.FromMinutes(4));
        ConsoleText.HoldsAll(machine.Console, "LABEL=COS_STATE did not appear within 3 s", "no block device was seen",
            "modprobe.blacklist keeps the driver virtio_blk out");
    }

    [Fact]
    public void A_machine_with_all_buses_mounts_a_volume_from_each()
    {
        // disks: | COS_STATE: active.img (busybox) | COS_PERSISTENT | on AHCI, and | DATA... | on each of the other buses
        byte[] image = BusyboxRoot.ImageWith("buses", tree =>
        {
            for (int i = 0; i < Others.Length; i++) Directory.CreateDirectory($"{tree}/srv/{i}");
        });
        List<SmallDisk> disks = [new(new Partition("COS_STATE", 24, ("/cOS/active.img", image)), new Partition("COS_PERSISTENT", 16))];
        try
        {
            for (int i = 0; i < Others.Length; i++) disks.Add(new(Others[i].BlockSize, new Partition($"DATA{i}", 14)));
            using QemuMachine machine = QemuMachine.Start(new MachineSpec
            {
                Name = "buses", Disks = [.. disks.Select(disk => disk.File)], Kernel = Assets.GenericKernel,
                DiskDevices = [Ahci.DevicesOf(0), .. Others.Select((bus, i) => bus.DevicesOf(i + 1))],
                Initrd = Assets.GenericDriversInitrd, MemoryMiB = 512, Processors = 4, // drivers are loaded by several threads
                CommandLine = Active + string.Concat(Others.Select((_, i) => $" rd.immucore.mount=LABEL=DATA{i}:/srv/{i}")),
            });
            GuestShell shell = GuestShell.OfBusybox(machine);
            Assert.Equal("good", Report.Of(shell).GetProperty("verdict").GetString());
            for (int i = 0; i < Others.Length; i++)
            {
                string source = shell.Run($"grep ' /srv/{i} ' /proc/mounts").Split(' ')[0];
                Assert.Contains(Others[i].Driver, DriversOf(shell, source["/dev/".Length..]));
            }
        }
        finally
        {
            foreach (SmallDisk disk in disks) disk.Dispose();
        }
    }

    // From the disk up to the bus: those of all devices that it is a part of.
    private static string DriversOf(GuestShell shell, string device) =>
        shell.Run($"d=$(readlink -f /sys/class/block/{device}); while [ \"$d\" ]; do [ ! -e $d/driver ] || " +
            "basename $(readlink $d/driver); d=${d%/*}; done").ReplaceLineEndings(" ");
}
