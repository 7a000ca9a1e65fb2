using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Kernel and initrd of an image or of the active slot of a disk, for a boot without a boot loader.</summary>
/// <param name="Kernel">Content of the kernel.</param>
/// <param name="Initrd">Content of the initrd.</param>
/// <param name="Arguments">The image's own kernel arguments; empty: none.</param>
/// <param name="Commands">Shell commands that copy the two files to <see cref="KernelName"/> and <see cref="InitrdName"/>.</param>
public sealed record KernelFiles(byte[] Kernel, byte[] Initrd, string Arguments, IReadOnlyList<string> Commands)
{
    public const string KernelName = "vmlinuz", InitrdName = "initrd";

    private const string ActiveImage = "cOS/active.img", ActiveName = "active.img";

    /// <exception cref="OperatorException">It has no kernel or no initrd, or this user cannot read it.</exception>
    public static KernelFiles Read(DiskFile disk, CancellationToken cancellationToken)
    {
        using var scratch = ScratchDirectory.Create("kboot-run", cancellationToken);
        if (disk.Kind == DiskFileKind.OsImage) return FromImage(disk.Path, disk.Path, scratch, []);
        var table = disk.Table ?? throw new OperatorException($"{disk.Path} is a qcow2 file, whose content kboot cannot read",
            "convert it: qemu-img convert -O raw FILE DISK, or omit --direct");
        var state = table.Partitions.FirstOrDefault(partition => partition.Name == SystemPaths.StateLabel)
            ?? throw new OperatorException($"{disk.Path} has no partition {SystemPaths.StateLabel}", "omit --direct");
        var (image, offset) = (scratch.File(ActiveName), state.First * table.BlockSize);
        Copy(disk.Path, offset, image, scratch);
        var (request, volume) = (DebugFsCommands.Dump(ActiveImage, ActiveName), $"{disk.Path}?offset={offset}");
        return FromImage(image, ActiveName, scratch, [$"debugfs -R {ShellText.Quote(request)} {ShellText.Quote(volume)}"]);
    }

    private static void Copy(string disk, long offset, string target, TemporaryDirectory scratch)
    {
        using var opened = Syscall.Open(disk, OpenFlags.ReadOnly);
        // By number: a question mark in the disk's own name would start the options.
        var volume = $"/proc/{Syscall.GetPid()}/fd/{opened.Descriptor}?offset={offset}";
        Tool.DebugFs.Run(new ToolArguments().Option("-R", DebugFsCommands.Dump(ActiveImage, target)).Path(volume), scratch.Interrupt);
        if (Syscall.TryStat(target) is not { Size: > 0 })
        {
            throw new OperatorException($"{disk} has no /{ActiveImage} in its {SystemPaths.StateLabel}",
                "omit --direct: the boot loader may find another slot");
        }
    }

    private static KernelFiles FromImage(string image, string shownAs, TemporaryDirectory scratch, IReadOnlyList<string> commands)
    {
        using var reader = ImageReader.Open(image, scratch);
        var fileSystem = ImageReader.FileSystemOf(image);
        var (kernel, kernelCommand) = File(BootKernel.Path, ReadLimit.Kernel, KernelName);
        var (initrd, initrdCommand) = File(BootInitrd.Path, ReadLimit.Initrd, InitrdName);
        var block = reader.Read(SystemPaths.ImageArguments, ReadLimit.KernelArguments);
        var arguments = block is null ? null : EnvironmentBlock.TryParse(block)?[ImageArguments.Variable];
        return new(kernel, initrd, arguments ?? "", [.. commands, kernelCommand, initrdCommand]);

        (byte[] Content, string Command) File(string path, ReadLimit limit, string name) =>
            reader.Resolve(path) is { } resolved && reader.Read(resolved, limit) is { Length: > 0 } content
                ? (content, ToolImageReader.CopyCommand(shownAs, fileSystem, resolved, name))
                : throw new OperatorException($"{shownAs} has no {path}", "build the image with kboot image build");
    }
}
