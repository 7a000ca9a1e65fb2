using System.Collections;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Starts a disk or an OS image in QEMU. An OS image gets a temporary disk.</summary>
public static class MachineStart
{
    private const string Kvm = "/dev/kvm", TemporaryDisk = "disk.raw";

    /// <summary>The shell commands that do the same.</summary>
    /// <exception cref="OperatorException">The machine cannot be started.</exception>
    public static IReadOnlyList<string> Print(MachineRequest request, CancellationToken cancellationToken)
    {
        var disk = Check(request);
        var commands = new List<string>();
        var machine = Describe(request, disk, cancellationToken);
        if (disk.Kind == DiskFileKind.OsImage)
        {
            commands.Add(string.Join(' ', BuildWords(request).Select(ShellText.Quote)));
            machine = machine with { Disk = TemporaryDisk };
        }

        if (request.IsDirect)
        {
            var files = KernelFiles.Read(disk, cancellationToken);
            commands.AddRange(files.Commands);
            machine = machine with { Direct = Kernel(machine, KernelFiles.KernelName, KernelFiles.InitrdName, Words(files, request)) };
        }

        return [.. commands, QemuCommand.Text(machine)];
    }

    /// <summary>Replaces this process by QEMU, which uses its terminal.</summary>
    /// <param name="request">What to start.</param>
    /// <param name="progress">Called with what is being prepared.</param>
    /// <param name="announce">Called when all is ready.</param>
    /// <param name="cancellationToken">Ends the preparation.</param>
    /// <exception cref="OperatorException">The machine cannot be started, or a program is missing.</exception>
    public static void Start(
        MachineRequest request, Action<string> progress, Action announce, CancellationToken cancellationToken)
    {
        var disk = Check(request);
        var machine = Describe(request, disk, cancellationToken);
        var qemu = QemuCommand.ProgramFor(machine.Architecture).Find();
        List<FileHandle> inherited = [];
        if (request.IsDirect)
        {
            progress("reading kernel and initrd");
            var files = KernelFiles.Read(disk, cancellationToken);
            machine = machine with
            {
                Direct = Kernel(machine, Inherit(Syscall.InheritedFile(KernelFiles.KernelName, files.Kernel)),
                    Inherit(Syscall.InheritedFile(KernelFiles.InitrdName, files.Initrd)), Words(files, request)),
            };
        }

        if (disk.Kind == DiskFileKind.OsImage) machine = machine with { Disk = Inherit(BuildDisk(request, progress, cancellationToken)) };
        cancellationToken.ThrowIfCancellationRequested();
        announce();
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}");
        Syscall.Exec(qemu, QemuCommand.Arguments(machine), [.. variables]);
        GC.KeepAlive(inherited);

        // The list keeps the files open: a handle without a reference is closed.
        string Inherit(FileHandle file)
        {
            inherited.Add(file);
            return $"/proc/self/fd/{file.Descriptor}";
        }
    }

    private static DiskFile Check(MachineRequest request)
    {
        var disk = DiskFile.Open(request.Disk);
        var isImage = disk.Kind == DiskFileKind.OsImage;
        var (problem, fix) = (isImage, request) switch
        {
            (true, { Machine.KeepsWrites: true }) => ("--keep needs a disk, and this is an OS image, whose temporary disk is removed",
                "build a disk and start that: kboot disk build --image FILE --output DISK"),
            (false, { CloudConfigs.Count: > 0 }) => ("--cloud-config needs an OS image, and this is a disk, which has its own configs",
                "build a disk with the config: kboot disk build --image FILE --cloud-config FILE --output DISK"),
            (false, { IsDirect: false, KernelArguments.Length: > 0 }) => ("--append needs --direct or an OS image: GRUB reads the kernel " +
                "arguments of a disk from the disk", "add --direct, or run kboot kargs add in the machine"),
            (_, { Machine.UsesKvm: true }) when !File.Exists(Kvm) => ($"{Kvm} does not exist: the processor has no virtualisation, or it " +
                "is disabled", "omit --kvm: the processor is emulated then"),
            _ => (null, ""),
        };
        if (problem is not null) throw new OperatorException($"cannot start {request.Disk}: {problem}", fix);
        if (request.Machine.KeepsWrites) RequireUnused(request.Disk);
        return disk;
    }

    // A disk that this machine uses would be written by two systems.
    private static void RequireUnused(string path)
    {
        if (Syscall.TryStat(path) is not { Type: FileType.BlockDevice } status
            || BlockDeviceScan.NameOf(status.RDevice) is not { } name)
        {
            return;
        }

        if (DiskUse.Of(name) is [var use, ..])
            throw new OperatorException($"{path} is in use: {use}", "unmount it, or omit --keep");
    }

    // An architecture without a BIOS starts with UEFI.
    private static VirtualMachine Describe(MachineRequest request, DiskFile disk, CancellationToken cancellationToken)
    {
        var architecture = request.Architecture ?? DiskArchitecture.Find(disk, cancellationToken) ?? Architecture.Amd64;
        return request.Machine with
        {
            Architecture = architecture,
            Disk = disk.Path,
            Format = disk.Kind == DiskFileKind.Qcow2 ? "qcow2" : "raw",
            Uefi = request.IsUefi || architecture.Bios is null && !request.IsDirect ? UefiFirmware.Find(architecture) : null,
        };
    }

    private static DirectKernel Kernel(VirtualMachine machine, string kernel, string initrd, string words) => new(kernel, initrd, words,
        machine.Architecture.Consoles.Contains(DirectKernel.SerialConsole, StringComparison.Ordinal) ? DirectKernel.SerialConsole : null);

    private static string Words(KernelFiles files, MachineRequest request) => string.Join(' ',
        ((string[])[files.Arguments, request.KernelArguments]).Where(words => words.Length > 0));

    private static IEnumerable<string> BuildWords(MachineRequest request)
    {
        IEnumerable<string> words = ["kboot", "disk", "build", "--image", request.Disk, "--output", TemporaryDisk];
        words = words.Concat(request.CloudConfigs.SelectMany(config => (string[])["--cloud-config", config]));
        return request.KernelArguments.Length == 0 ? words : words.Append($"--append={request.KernelArguments}");
    }

    // The directory is removed while the disk is open: QEMU inherits a file without a name, which ends with it.
    private static FileHandle BuildDisk(MachineRequest request, Action<string> progress, CancellationToken cancellationToken)
    {
        using var scratch = ScratchDirectory.Create("kboot-disk", cancellationToken);
        var path = scratch.File(TemporaryDisk);
        DiskBuilder.Build(new(request.Disk, null, request.CloudConfigs, null, request.KernelArguments), path, cancellationToken,
            progress);
        using var built = Syscall.Open(path, OpenFlags.ReadOnly);
        return Syscall.Inherited(built);
    }
}
