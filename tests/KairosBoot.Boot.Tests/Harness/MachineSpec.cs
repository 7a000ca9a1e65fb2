namespace KairosBoot.Boot.Tests;

public enum Firmware { Bios, Uefi }

/// <summary>One machine, as a literal.</summary>
public sealed record MachineSpec
{
    /// <summary>Names the machine's directory below out/boot-tests; the console log stays there.</summary>
    public required string Name { get; init; }

    public Firmware Firmware { get; init; } = Firmware.Bios;

    /// <summary>Kernel command line of a boot without GRUB (-kernel, -initrd); null: the disk's own boot loader.</summary>
    public string? CommandLine { get; init; }

    public string? Initrd { get; init; }

    /// <summary>Raw disk images in bus order; the machine writes to an overlay of each.</summary>
    public IReadOnlyList<string> Disks { get; init; } = [];

    /// <summary>A disk that is not there until <see cref="QemuMachine.PlugLateDisk"/>.</summary>
    public string? LateDisk { get; init; }

    /// <summary>A disk that announces itself and then answers nothing.</summary>
    public string? DeadDisk { get; init; }

    /// <summary>An image in a CD drive, on a SCSI controller of its own.</summary>
    public string? Disc { get; init; }

    /// <summary>Reads and writes a second that every disk can do; 0: as many as it is asked for.</summary>
    public int DiskOperations { get; init; }

    /// <summary>A sector of 512 bytes on the first disk, and how many reads of it fail: the first ones, or with <see cref="int.MaxValue"/> all.</summary>
    public (long Sector, int Reads)? Unreadable { get; init; }

    /// <summary>True: no disk can be written.</summary>
    public bool WriteProtected { get; init; }

    /// <summary>
    /// True: after a loss of power a disk holds what was flushed, and of the rest some or none, as with a write cache. False: everything, and nothing
    /// is waited for.
    /// </summary>
    public bool LosesWhatWasNotFlushed { get; init; }

    /// <summary>The first disk's writes and flushes are recorded in this file, over all times the machine is switched on: <see cref="WriteLog"/>.</summary>
    public string? Writes { get; init; }

    /// <summary>Firmware memory that keeps the end of a kernel log over a restart (ACPI ERST), 64 KiB.</summary>
    public bool KeepsLogs { get; init; }

    /// <summary>A watchdog on the PCI bus (i6300ESB), which resets the machine.</summary>
    public bool HasWatchdog { get; init; }

    /// <summary>Guest time is the number of instructions, a nanosecond each, and not the host's clock: figures can be repeated.</summary>
    public bool CountsInstructions { get; init; }

    /// <summary>0: what a small system needs, with that firmware.</summary>
    public int MemoryMiB { get; init; }

    /// <summary>
    /// False: a reboot ends the machine (-no-reboot), which is how a test sees that it happened. An emulated machine is also
    /// several times slower after a reset than after a fresh start.
    /// </summary>
    public bool Reboots { get; init; }
}
