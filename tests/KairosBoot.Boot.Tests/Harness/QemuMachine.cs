using System.Diagnostics;

namespace KairosBoot.Boot.Tests;

/// <summary>A virtual machine with its serial console. Dispose and the end of the test process end it.</summary>
public sealed class QemuMachine : IDisposable
{
    private readonly Process _process;
    private readonly MachineSpec _spec;
    private readonly string _directory;

    private QemuMachine(MachineSpec spec, string directory, IReadOnlyList<string> arguments)
    {
        _spec = spec;
        _directory = directory;
        File.WriteAllText(Path.Combine(directory, "qemu.args"), string.Join('\n', arguments) + "\n");
        _process = Process.Start(new ProcessStartInfo(spec.Arm64 ? "qemu-system-aarch64" : "qemu-system-x86_64", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
        Console = new SerialConsole(_process.StandardOutput.BaseStream, _process.StandardInput.BaseStream,
            Path.Combine(directory, "console.log"));
        // A message of QEMU about its arguments goes to the console text, where a test looks first.
        _process.ErrorDataReceived += (_, line) => Console.Append($"{line.Data}\n");
        _process.BeginErrorReadLine();
    }

    public SerialConsole Console { get; }

    /// <summary>Starts the machine on fresh overlays of its disks.</summary>
    public static QemuMachine Start(MachineSpec spec)
    {
        string directory = Path.Combine(Assets.Out, "boot-tests", spec.Name);
        if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        Directory.CreateDirectory(directory);
        foreach ((string disk, string overlay) in OverlaysOf(spec, directory))
            Tool.Run("qemu-img", "create", "-q", "-f", "qcow2", "-b", disk, "-F", "raw", overlay);
        return new QemuMachine(spec, directory, Arguments(spec, directory));
    }

    /// <summary>Cuts the power if the machine still runs, and switches it on with the same disks.</summary>
    /// <param name="commandLine">A new kernel command line; null: the same.</param>
    public QemuMachine SwitchOnAgain(string? commandLine = null)
    {
        Kill();
        File.Move(Console.LogPath, Console.LogPath + ".before", overwrite: true);
        MachineSpec spec = commandLine == null ? _spec : _spec with { CommandLine = commandLine };
        return new QemuMachine(spec, _directory, Arguments(spec, _directory));
    }

    /// <summary>Writes the current content of a disk to a raw file. The machine must have ended.</summary>
    public string DiskAsLeft(int number)
    {
        string raw = Path.Combine(_directory, $"disk{number}.raw");
        Tool.Run("qemu-img", "convert", "-O", "raw", Path.Combine(_directory, $"disk{number}.qcow2"), raw);
        return raw;
    }

    /// <summary>Presses a key of the keyboard.</summary>
    /// <param name="key">QEMU's name of it: <c>esc</c>.</param>
    public void Press(string key)
    {
        using Qmp qmp = new(Path.Combine(_directory, "qmp"));
        qmp.Execute("send-key", $$$"""{"keys":[{"type":"qcode","data":"{{{key}}}"}]}""");
    }

    public void PlugLateDisk()
    {
        using Qmp qmp = new(Path.Combine(_directory, "qmp"));
        qmp.Execute("device_add", """{"driver":"virtio-blk-pci","id":"late","drive":"late","bus":"lateport"}""");
    }

    public void UnplugLateDisk()
    {
        using Qmp qmp = new(Path.Combine(_directory, "qmp"));
        qmp.Execute("device_del", """{"id":"late"}""");
    }

    /// <summary>From now on the first of <see cref="MachineSpec.DeadDisks"/> answers, also what it was asked before.</summary>
    public void WakeDeadDisk()
    {
        using Qmp qmp = new(Path.Combine(_directory, "qmp"));
        qmp.Execute("block_set_io_throttle",
            """{"device":"dead0","bps":0,"bps_rd":0,"bps_wr":0,"iops":0,"iops_rd":0,"iops_wr":0}""");
    }

    /// <summary>How often the guest has written to the disk of <see cref="MachineSpec.LateDisk"/>.</summary>
    public long WritesToLateDisk()
    {
        using Qmp qmp = new(Path.Combine(_directory, "qmp"));
        return qmp.Execute("query-blockstats", "{}").EnumerateArray().Single(drive => drive.GetProperty("device").GetString() == "late")
            .GetProperty("stats").GetProperty("wr_operations").GetInt64();
    }

    /// <summary>Waits until the guest has powered off, or has rebooted if <see cref="MachineSpec.Reboots"/> is false.</summary>
    public void ExpectEnd(TimeSpan limit)
    {
        Console.ExpectEnd(limit);
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        _process.Dispose();
        foreach ((_, string overlay) in OverlaysOf(_spec, _directory))
            File.Delete(overlay);
    }

    private void KillAtExit(object? sender, EventArgs e) => Kill();

    private void Kill()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        Console.ExpectEnd(TimeSpan.FromSeconds(10));
    }

    private static IEnumerable<(string Disk, string Overlay)> OverlaysOf(MachineSpec spec, string directory)
    {
        for (int i = 0; i < spec.Disks.Count; i++)
            yield return (spec.Disks[i], Path.Combine(directory, $"disk{i}.qcow2"));
        if (spec.LateDisk != null) yield return (spec.LateDisk, Path.Combine(directory, "late.qcow2"));
    }

    private static List<string> Arguments(MachineSpec spec, string directory)
    {
        string accelerator = Environment.GetEnvironmentVariable("KAIROSBOOT_QEMU_ACCEL") is { Length: > 0 } wanted ? wanted : "tcg";
        // UEFI leaves only a part of the memory to GRUB, and the kernel must fit into that part. A kernel for arm64 is not packed.
        int memory = spec.MemoryMiB > 0 ? spec.MemoryMiB : spec.Arm64 ? 768 : spec.Firmware == Firmware.Uefi ? 512 : 256;
        string[] board = spec.Arm64 ? ["-M", "virt", "-cpu", "cortex-a72"]
            : ["-M", $"q35,accel={accelerator}{(spec.HasUsbKeyboard ? ",i8042=off" : "")}", "-cpu", "max"];
        List<string> arguments =
        [
            // Room for one more processor: QEMU 7.2 leaves out memory barriers and atomic instructions for a machine that can never
            // have two. Its own I/O thread needs them too. Without them a disk can miss an interrupt, and the guest waits forever.
            .. board, "-smp", $"{spec.Processors},maxcpus={spec.Processors + 1}", "-m", $"{memory}", "-nodefaults", "-display", "none",
            "-serial", "stdio", "-qmp", $"unix:{Path.Combine(directory, "qmp")},server=on,wait=off", "-device", "virtio-rng-pci",
            "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
        ];
        if (!spec.Reboots) arguments.Add("-no-reboot");
        if (spec.HardwareClock is { } time) arguments.AddRange(["-rtc", $"base={time}"]);
        if (spec.CountsInstructions) arguments.AddRange(["-icount", "shift=0,sleep=on"]);
        if (spec.SkipsIdleTime) arguments.AddRange(["-icount", "shift=0,sleep=off"]);
        if (spec.Arm64)
        {
            if (spec.CommandLine == null) arguments.AddRange(["-bios", "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"]);
        }
        else if (spec.Firmware == Firmware.Uefi)
        {
            string variables = Path.Combine(directory, "vars.fd");
            if (!File.Exists(variables)) File.Copy("/usr/share/OVMF/OVMF_VARS_4M.fd", variables);
            arguments.AddRange(["-drive", "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd"]);
            arguments.AddRange(["-drive", $"if=pflash,format=raw,file={variables}"]);
        }
        if (spec.CommandLine != null)
        {
            arguments.AddRange(["-kernel", spec.Kernel ?? (spec.Arm64 ? Assets.Arm64Kernel : Assets.Kernel)]);
            arguments.AddRange(["-initrd", spec.Initrd ?? (spec.Arm64 ? Assets.Arm64Initrd : Assets.VirtioInitrd)]);
            // Without a console: the kernel is told to use one that the machine does not have.
            // The device tree of an arm64 machine names its console.
            string console = spec.Arm64 ? "" : spec.HasConsole ? "console=ttyS0" : "console=hvc7 earlycon=uart8250,io,0x3f8 keep_bootcon";
            arguments.AddRange(["-append", $"{console} {spec.CommandLine}"]);
        }
        for (int i = 0; i < spec.DeadDisks.Count; i++) arguments.AddRange(DeadDrive($"dead{i}", spec.DeadDisks[i]));
        for (int i = 0; i < spec.Disks.Count; i++)
        {
            arguments.AddRange(["-drive", Drive(spec, directory, i)]);
            foreach (string device in i < spec.DiskDevices.Count ? spec.DiskDevices[i] : [$"virtio-blk-pci,drive=disk{i}"])
                arguments.AddRange(["-device", device]);
        }
        if (spec.Disc != null)
        {
            arguments.AddRange(["-drive", $"if=none,id=disc,media=cdrom,readonly=on,format=raw,file={spec.Disc}"]);
            arguments.AddRange(["-device", "virtio-scsi-pci,id=scsi", "-device", "scsi-cd,drive=disc,bus=scsi.0"]);
        }
        if (spec.HasEmptyDrive) arguments.AddRange(["-device", "virtio-scsi-pci,id=empty", "-device", "scsi-cd,bus=empty.0"]);
        if (spec.VirtioConsole is { } output)
        {
            arguments.AddRange(["-device", "virtio-serial-pci", "-chardev", $"file,id=hvc,path={output}"]);
            arguments.AddRange(["-device", "virtconsole,chardev=hvc"]);
        }
        if (spec.KeepsLogs)
        {
            arguments.AddRange(["-object", $"memory-backend-file,id=erst,mem-path={directory}/erst.bin,size=64K,share=on"]);
            arguments.AddRange(["-device", "acpi-erst,memdev=erst"]);
        }
        if (spec.HasUsbKeyboard) arguments.AddRange(["-device", "qemu-xhci", "-device", "usb-kbd"]);
        if (spec.HasWatchdog) arguments.AddRange(["-device", "i6300esb", "-action", "watchdog=reset"]);
        if (spec.LateDisk != null)
        {
            arguments.AddRange(["-drive", $"if=none,id=late,format=qcow2,cache=unsafe,file={directory}/late.qcow2"]);
            arguments.AddRange(["-device", "pcie-root-port,id=lateport,slot=7"]);
        }
        return arguments;
    }

    // At one byte for each second, the next read takes longer than any test. The geometry is given because QEMU would read the first sector
    // to guess it.
    private static string[] DeadDrive(string id, (string File, int AnsweredBytes) disk) =>
    [
        "-drive", $"if=none,id={id},format=raw,snapshot=on,file={disk.File},throttling.bps-total=1"
            + (disk.AnsweredBytes > 0 ? $",throttling.bps-total-max={disk.AnsweredBytes}" : ""),
        "-device", $"virtio-blk-pci,drive={id},cyls=16,heads=16,secs=63",
    ];

    private static string Drive(MachineSpec spec, string directory, int disk)
    {
        string overlay = $"{directory}/disk{disk}.qcow2";
        string options = $"if=none,id=disk{disk},cache={(spec.LosesWhatWasNotFlushed || spec.Writes != null ? "writeback" : "unsafe")}";
        if (spec.Writes is { } log && disk == 0)
        {
            // QEMU updates the number of entries at each write, because it cannot write it at a power cut.
            return $"{options},driver=blklogwrites,file.driver=qcow2,file.file.driver=file,file.file.filename={overlay}," +
                $"log.driver=file,log.filename={log},log-super-update-interval=1," +
                    $"log-append={(new FileInfo(log).Length > 0 ? "on" : "off")}";
        }
        string drive = disk == 0
            && spec.Unreadable is { } unreadable ? FailingDrive(overlay, unreadable.Sector, unreadable.Reads)
            : $"format=qcow2,file={overlay}";
        return $"{options},{drive}" + (spec.DiskOperations > 0 ? $",throttling.iops-total={spec.DiskOperations}" : "") +
            (spec.WriteProtected ? ",readonly=on" : "");
    }

    // Each rule fails one read, or all reads.
    private static string FailingDrive(string file, long sector, int reads)
    {
        string once = reads == int.MaxValue ? "off" : "on";
        IEnumerable<string> rules = Enumerable.Range(0, reads == int.MaxValue ? 1 : reads)
            .Select(rule => $",inject-error.{rule}.event=none,inject-error.{rule}.iotype=read,"
            + $"inject-error.{rule}.errno=5,inject-error.{rule}.sector={sector},inject-error.{rule}.once={once}");
        return $"driver=blkdebug,image.driver=qcow2,image.file.driver=file,image.file.filename={file}{string.Concat(rules)}";
    }
}
