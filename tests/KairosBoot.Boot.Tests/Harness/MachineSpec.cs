namespace KairosBoot.Boot.Tests;

public enum Firmware { Bios, Uefi }

/// <summary>The hardware and the disks of one machine.</summary>
public sealed record MachineSpec
{
    /// <summary>Name of the directory below out/boot-tests that keeps the console log.</summary>
    public required string Name { get; init; }

    public Firmware Firmware { get; init; } = Firmware.Bios;

    /// <summary>A machine with an arm64 processor. It has no BIOS.</summary>
    public bool Arm64 { get; init; }

    /// <summary>Kernel command line of a boot without GRUB (-kernel, -initrd); null: the boot loader of the disk.</summary>
    public string? CommandLine { get; init; }

    public string? Initrd { get; init; }

    /// <summary>The kernel of a boot without GRUB; null: that of the demo.</summary>
    public string? Kernel { get; init; }

    /// <summary>Raw disk images in bus order; the machine writes to an overlay of each.</summary>
    public IReadOnlyList<string> Disks { get; init; } = [];

    /// <summary>
    /// QEMU's -device arguments for each disk, whose drives are disk0, disk1 ...; a disk without any is a virtio-blk-pci.
    /// </summary>
    public IReadOnlyList<string[]> DiskDevices { get; init; } = [];

    /// <summary>A disk that is attached by <see cref="QemuMachine.PlugLateDisk"/>.</summary>
    public string? LateDisk { get; init; }

    /// <summary>What the hardware clock says at power on, as QEMU's -rtc base; null: the time of the host.</summary>
    public string? HardwareClock { get; init; }

    /// <summary>Disks in front of the others that appear and stop answering after some bytes were read; 0: they never answer.</summary>
    public IReadOnlyList<(string File, int AnsweredBytes)> DeadDisks { get; init; } = [];

    /// <summary>False: the kernel has no console, so its init gets no standard streams. Its messages still go to the serial line.</summary>
    public bool HasConsole { get; init; } = true;

    /// <summary>An image in a CD drive on a separate SCSI controller.</summary>
    public string? Disc { get; init; }

    /// <summary>True: a CD drive without a disc, on a separate SCSI controller.</summary>
    public bool HasEmptyDrive { get; init; }

    /// <summary>A file that gets the output of a virtio console, hvc0.</summary>
    public string? VirtioConsole { get; init; }

    /// <summary>Limit of reads and writes for each second and disk; 0: no limit.</summary>
    public int DiskOperations { get; init; }

    /// <summary>A sector of 512 bytes on the first disk, and the number of its reads that fail at first; <see cref="int.MaxValue"/>:
    /// all.</summary>
    public (long Sector, int Reads)? Unreadable { get; init; }

    /// <summary>True: all disks are write-protected.</summary>
    public bool WriteProtected { get; init; }

    /// <summary>
    /// True: after a power cut a disk has all flushed data, and some or none of the other data, as with a write cache. False: it has all
    /// written data, and a flush does not wait.
    /// </summary>
    public bool LosesWhatWasNotFlushed { get; init; }

    /// <summary>A file that records the writes and flushes of the first disk in all boots: <see cref="WriteLog"/>.</summary>
    public string? Writes { get; init; }

    /// <summary>Firmware memory of 64 KiB that keeps the end of a kernel log over a restart (ACPI ERST).</summary>
    public bool KeepsLogs { get; init; }

    /// <summary>The only keyboard is on USB. False: a PC has one without USB.</summary>
    public bool HasUsbKeyboard { get; init; }

    /// <summary>A watchdog on the PCI bus (i6300ESB), which resets the machine.</summary>
    public bool HasWatchdog { get; init; }

    /// <summary>Guest time is the number of instructions, one nanosecond each, so that measurements are repeatable.</summary>
    public bool CountsInstructions { get; init; }

    /// <summary>Guest time jumps to the next timer while the guest is idle, so that a long wait takes no time.</summary>
    public bool SkipsIdleTime { get; init; }

    /// <summary>Processors. Emulated ones slow each other down, so that few tests have more than one.</summary>
    public int Processors { get; init; } = 1;

    /// <summary>Memory; 0: enough for a small system with this firmware.</summary>
    public int MemoryMiB { get; init; }

    /// <summary>
    /// False: a reboot ends the machine (-no-reboot), so that a test can detect it. Also, an emulated machine is several times slower after
    /// a
    /// reset than after a fresh start.
    /// </summary>
    public bool Reboots { get; init; }
}
