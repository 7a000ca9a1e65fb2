using System.Globalization;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The command line of QEMU for a <see cref="VirtualMachine"/>. The serial console of the machine is the terminal.</summary>
public static class QemuCommand
{
    private static readonly Tool X86 = new("qemu-system-x86_64", "qemu-system-x86"), Arm = new("qemu-system-aarch64", "qemu-system-arm");

    /// <summary>The program and its package.</summary>
    public static Tool ProgramFor(Architecture architecture) => architecture == Architecture.Arm64 ? Arm : X86;

    /// <summary>The arguments in order, without the program.</summary>
    public static IReadOnlyList<string> Arguments(VirtualMachine machine) =>
    [
        "-M", $"{(IsArm(machine) ? "virt" : "q35")},accel={(machine.UsesKvm ? "kvm" : "tcg")}", "-cpu", Processor(machine),
        "-smp", Processors(machine),
        "-m", machine.MemoryMiB.ToString(CultureInfo.InvariantCulture),
        // The terminal is in raw mode: Ctrl-C goes to the machine, Ctrl-A starts a command of QEMU.
        "-nodefaults", "-display", "none", "-serial", "mon:stdio",
        "-device", "virtio-rng-pci",
        .. FirmwareLog(machine),
        // Without romfile=, the network card's boot ROM would delay the boot.
        "-netdev", Network(machine), "-device", "virtio-net-pci,netdev=net,romfile=",
        .. Firmware(machine), .. Kernel(machine),
        // QEMU starts a kernel as if it were the first boot device.
        "-drive", Drive(machine), "-device", machine.Direct is null ? "virtio-blk-pci,drive=disk,bootindex=0" : "virtio-blk-pci,drive=disk",
    ];

    /// <summary>The same as one line for a shell.</summary>
    public static string Text(VirtualMachine machine) =>
        string.Join(' ', Arguments(machine).Prepend(ProgramFor(machine.Architecture).Name).Select(ShellText.Quote));

    // After a reset, emulation writes to memory that had code before byte by byte if the kernel clears pages with the instructions of these
    // two features. A page then takes so long that the kernel reports a lockup.
    // The most that QEMU can emulate for arm64 takes several times longer than an older processor.
    private static string Processor(VirtualMachine machine) =>
        machine.UsesKvm ? "max" : IsArm(machine) ? "cortex-a72" : "max,erms=off,fsrm=off";

    // Emulation gets one processor, and room for a second one: QEMU 7.2 leaves out memory barriers for a machine that can never have
    // two, which its own I/O thread needs. Without them, a disk can miss an interrupt, and the machine waits forever.
    private static string Processors(VirtualMachine machine) => machine.UsesKvm ? "2" : "1,maxcpus=2";

    private static bool IsArm(VirtualMachine machine) => machine.Architecture == Architecture.Arm64;

    // Firmware memory that keeps the end of a kernel log over a reset (ACPI ERST), so that kboot status can name a panic. Only a PC has it.
    private static string[] FirmwareLog(VirtualMachine machine) => IsArm(machine) ? []
        : ["-object", "memory-backend-ram,id=erst,size=64K", "-device", "acpi-erst,memdev=erst"];

    private static string Network(VirtualMachine machine) =>
        machine.SshPort is { } port ? $"user,id=net,hostfwd=tcp:127.0.0.1:{port}-:22" : "user,id=net";

    // The variables are never written: the disk has its boot loader at the path that firmware starts without a variable.
    private static string[] Firmware(VirtualMachine machine) => machine.Uefi is not { } uefi ? [] :
    [
        "-drive", $"if=pflash,format=raw,readonly=on,file={Value(uefi.Code)}",
        "-drive", $"if=pflash,format=raw,snapshot=on,file={Value(uefi.Variables)}",
    ];

    private static string[] Kernel(VirtualMachine machine) => machine.Direct is not { } direct ? []
        : ["-kernel", direct.Kernel, "-initrd", direct.Initrd, "-append", direct.CommandLine];

    private static string Drive(VirtualMachine machine) =>
        $"if=none,id=disk,format={machine.Format}{(machine.KeepsWrites ? "" : ",snapshot=on")},file={Value(machine.Disk)}";

    // A comma ends the value of an option; QEMU reads two as one that does not. A name with a colon could be read as a protocol: nbd:...
    private static string Value(string path) => (path.StartsWith('/') ? path : "./" + path).Replace(",", ",,");
}
