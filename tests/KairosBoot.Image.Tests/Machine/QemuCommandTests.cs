using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>The command line of QEMU for each combination of options.</summary>
public sealed class QemuCommandTests : Scratch
{
    private static readonly UefiFirmware Ovmf = new("/ovmf/code.fd", "/ovmf/vars.fd");
    private static readonly DirectKernel Kernel = new("/k", "/i", "quiet");
    private static readonly bool[] Both = [false, true];

    public static IEnumerable<VirtualMachine> Machines =>
        from uefi in Both
        from ssh in Both
        from direct in Both
        from kvm in Both
        from keep in Both
        from format in (string[])["raw", "qcow2"]
        select new VirtualMachine("/d", format)
        {
            Uefi = uefi ? Ovmf : null, SshPort = ssh ? 2222 : null, Direct = direct ? Kernel : null, UsesKvm = kvm, KeepsWrites = keep,
        };

    [Fact]
    public void A_machine_with_a_bios_boots_the_loader_of_the_disk_and_discards_writes() =>
        Assert.Equal("qemu-system-x86_64 -M q35,accel=tcg -cpu max,erms=off,fsrm=off -smp 1,maxcpus=2 -m 1024 -nodefaults " +
            "-display none -serial mon:stdio -device virtio-rng-pci -object memory-backend-ram,id=erst,size=64K " +
            "-device acpi-erst,memdev=erst -netdev user,id=net -device virtio-net-pci,netdev=net,romfile= " +
            "-drive if=none,id=disk,format=raw,snapshot=on,file=/d -device virtio-blk-pci,drive=disk,bootindex=0",
            QemuCommand.Text(new VirtualMachine("/d")));

    [Fact]
    public void A_machine_for_arm64_has_no_part_of_a_PC()
    {
        VirtualMachine machine = new("/d") { Architecture = Architecture.Arm64, Uefi = Ovmf };
        Assert.Equal("qemu-system-aarch64 -M virt,accel=tcg -cpu cortex-a72 -smp 1,maxcpus=2 -m 1024 -nodefaults " +
            "-display none -serial mon:stdio -device virtio-rng-pci -netdev user,id=net -device virtio-net-pci,netdev=net,romfile= " +
            "-drive if=pflash,format=raw,readonly=on,file=/ovmf/code.fd -drive if=pflash,format=raw,snapshot=on,file=/ovmf/vars.fd " +
            "-drive if=none,id=disk,format=raw,snapshot=on,file=/d -device virtio-blk-pci,drive=disk,bootindex=0",
            QemuCommand.Text(machine));
        Assert.Contains("-cpu max", QemuCommand.Text(machine with { UsesKvm = true }));
        var failure = Assert.Throws<OperatorException>(() => UefiFirmware.FindIn(PathOf(""), Architecture.Arm64));
        Assert.Contains("qemu-efi-aarch64", failure.Fix);
        Assert.Equal("cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=10 quiet",
            (Kernel with { Console = null }).CommandLine);
    }

    [Fact]
    public void Each_combination_of_options_has_exactly_its_own_words()
    {
        Assert.Equal(64, Machines.Count());
        foreach (var machine in Machines)
        {
            var words = QemuCommand.Arguments(machine);
            string After(string option, string start) => Assert.Single(
                words.Where((word, i) => i > 0 && words[i - 1] == option && word.StartsWith(start, StringComparison.Ordinal)));
            Assert.Equal(machine.UsesKvm ? "q35,accel=kvm" : "q35,accel=tcg", After("-M", ""));
            Assert.Equal(machine.UsesKvm ? "max" : "max,erms=off,fsrm=off", After("-cpu", ""));
            Assert.Equal(machine.UsesKvm ? "2" : "1,maxcpus=2", After("-smp", ""));
            Assert.Equal(machine.SshPort is null ? "user,id=net" : "user,id=net,hostfwd=tcp:127.0.0.1:2222-:22", After("-netdev", ""));
            Assert.Equal($"if=none,id=disk,format={machine.Format}{(machine.KeepsWrites ? "" : ",snapshot=on")},file=/d",
                After("-drive", "if=none"));
            Assert.Equal(machine.Uefi is null ? 0 : 2, words.Count(word => word.StartsWith("if=pflash", StringComparison.Ordinal)));
            // The firmware's files belong to its package: they are never written.
            Assert.All(words.Where(word => word.StartsWith("if=pflash", StringComparison.Ordinal)),
                word => Assert.Matches("readonly=on|snapshot=on", word));
            Assert.Equal(machine.Direct is null ? 0 : 3, words.Count(word => word is "-kernel" or "-initrd" or "-append"));
            Assert.Equal(machine.Direct is null, words.Contains("virtio-blk-pci,drive=disk,bootindex=0"));
        }
    }

    [Fact]
    public void The_kernel_of_a_direct_boot_gets_the_active_slot_and_the_serial_console() =>
        Assert.Equal("cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=10 console=ttyS0 quiet", Kernel.CommandLine);

    [Theory]
    [InlineData("a,readonly=on", "file=./a,,readonly=on")]
    [InlineData("nbd:localhost:10809", "file=./nbd:localhost:10809")]
    [InlineData("-a", "file=./-a")]
    [InlineData("/a b", "file=/a b")]
    public void A_name_never_becomes_an_option_or_a_protocol(string disk, string expected) =>
        Assert.Single(QemuCommand.Arguments(new VirtualMachine(disk)), word => word.EndsWith(expected, StringComparison.Ordinal));

    [Fact]
    public void A_printed_command_line_is_safe_for_a_shell() =>
        Assert.Contains("'if=none,id=disk,format=raw,snapshot=on,file=./a;rm b'", QemuCommand.Text(new VirtualMachine("a;rm b")));

    [Fact]
    public void Missing_firmware_is_an_error_that_names_the_package()
    {
        var failure = Assert.Throws<OperatorException>(() => UefiFirmware.FindIn(PathOf(""), Architecture.Amd64));
        Assert.StartsWith("UEFI firmware for virtual machines is not installed", failure.Problem);
        Assert.StartsWith("apt-get install ovmf", failure.Fix);
        WriteText("usr/share/OVMF/OVMF_CODE.fd", "");
        WriteText("usr/share/OVMF/OVMF_VARS.fd", "");
        Assert.EndsWith("/usr/share/OVMF/OVMF_VARS.fd", UefiFirmware.FindIn(PathOf(""), Architecture.Amd64).Variables);
    }
}
