namespace KairosBoot.Image;

/// <summary>A virtual machine with one disk, for <see cref="QemuCommand"/>.</summary>
/// <param name="Disk">Path of the disk.</param>
/// <param name="Format">Its format in QEMU's words: <c>raw</c> or <c>qcow2</c>.</param>
public sealed record VirtualMachine(string Disk, string Format = "raw")
{
    public const int DefaultMemoryMiB = 1024;

    public int MemoryMiB { get; init; } = DefaultMemoryMiB;

    public Architecture Architecture { get; init; } = Architecture.Amd64;

    /// <summary>Null: the machine has a BIOS, or needs no firmware.</summary>
    public UefiFirmware? Uefi { get; init; }

    /// <summary>Port of 127.0.0.1 that leads to port 22 of the machine; null: none.</summary>
    public int? SshPort { get; init; }

    /// <summary>Null: the boot loader of the disk.</summary>
    public DirectKernel? Direct { get; init; }

    /// <summary>True: the processor's virtualisation; false: emulation.</summary>
    public bool UsesKvm { get; init; }

    /// <summary>True: what the machine writes stays in the file of the disk; false: it is lost when QEMU ends.</summary>
    public bool KeepsWrites { get; init; }
}
