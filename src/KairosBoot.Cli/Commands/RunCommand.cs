using System.CommandLine;
using KairosBoot.Image;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot run</c></summary>
internal sealed class RunCommand
{
    private const long MiB = 1 << 20;
    private const int MinMemoryMiB = 128, MaxMemoryMiB = 1 << 24;

    private readonly Argument<string> disk = new("DISK")
    {
        Description = "Disk (raw or qcow2), or an OS image, which gets a temporary disk",
    };
    private readonly Option<bool> uefi = new("--uefi")
    {
        Description = "Start with UEFI firmware (default: a BIOS, if the architecture has one)",
    };
    private readonly Option<int?> ssh = new("--ssh")
    {
        Description = "Forward this port of 127.0.0.1 to port 22 of the machine", HelpName = "PORT",
    };
    private readonly Option<bool> direct = new("--direct")
    {
        Description = "Start kernel and initrd of the active image without the boot loader",
    };
    private readonly Option<long?> memory = SizeOption.Create("--memory", "Memory of the machine (default: 1G)");
    private readonly Option<bool> kvm = new("--kvm")
    {
        Description = "Use the processor's virtualisation (default: emulation, which works on every machine and is slower)",
    };
    private readonly Option<bool> keep = new("--keep")
    {
        Description = "Keep what the machine writes to the disk (default: discard it when QEMU ends)",
    };
    private readonly Option<string[]> configs = new("--cloud-config")
    {
        Description = "Cloud-config for the temporary disk of an OS image; may be repeated", HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<string> append = new("--append")
    {
        Description = "Further kernel arguments, with --direct or for an OS image", HelpName = "TEXT", DefaultValueFactory = _ => "",
    };
    private readonly Option<string?> arch = new("--arch")
    {
        Description = "Architecture of the machine: amd64 or arm64 (default: that of the disk; of a qcow2 disk amd64)", HelpName = "ARCH",
    };
    private readonly Option<bool> print = new("--print") { Description = "Print the shell commands that do the same; start nothing" };

    private RunCommand()
    {
        arch.AcceptOnlyFromAmong([.. Architecture.All.Select(known => known.Name)]);
        ssh.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 65535) result.AddError("--ssh needs a port from 1 to 65535");
        });
        memory.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long?>() / MiB is < MinMemoryMiB or > MaxMemoryMiB)
                result.AddError($"--memory needs a size from {MinMemoryMiB}M to {MaxMemoryMiB >> 20}T");
        });
    }

    internal static Command Create()
    {
        var run = new RunCommand();
        var command = new Command("run", "Boot a disk or an OS image in QEMU, with its serial console on this terminal.")
        {
            run.disk, run.uefi, run.ssh, run.direct, run.memory, run.kvm, run.keep, run.configs, run.append, run.arch, run.print,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(run.direct) && result.GetValue(run.uefi)) result.AddError("Give either --uefi or --direct.");
        });
        command.SetAction(parsed => InterruptibleWork.Run(cancellationToken => run.Start(parsed, cancellationToken)));
        return command;
    }

    private void Start(ParseResult parsed, CancellationToken cancellationToken)
    {
        var documents = parsed.GetValue(configs) ?? [];
        using (var warnings = new CommandWarnings(json: false)) CloudConfigFiles.Check(documents, warnings);
        var path = parsed.GetRequiredValue(disk);
        var request = new MachineRequest(path)
        {
            CloudConfigs = documents, KernelArguments = parsed.GetRequiredValue(append), IsUefi = parsed.GetValue(uefi),
            IsDirect = parsed.GetValue(direct),
            Architecture = Architecture.All.FirstOrDefault(known => known.Name == parsed.GetValue(arch)),
            Machine = new VirtualMachine(path)
            {
                MemoryMiB = parsed.GetValue(memory) is { } bytes ? (int)(bytes / MiB) : VirtualMachine.DefaultMemoryMiB,
                SshPort = parsed.GetValue(ssh), UsesKvm = parsed.GetValue(kvm), KeepsWrites = parsed.GetValue(keep),
            },
        };
        if (!parsed.GetValue(print))
        {
            using var progress = new Progress();
            MachineStart.Start(request, progress.Show, () => Announce(request, progress), cancellationToken);
        }

        foreach (var line in MachineStart.Print(request, cancellationToken)) Console.WriteLine(line);
    }

    private static void Announce(MachineRequest request, Progress progress)
    {
        progress.Dispose();
        var start = request.IsDirect ? "kernel and initrd without a boot loader" : request.IsUefi ? "UEFI" : "the boot loader of the disk";
        Console.Error.WriteLine($"Starting {ToolText.Show(request.Disk)} in QEMU: {start}, " +
            $"{(request.Machine.UsesKvm ? "virtualisation (KVM)" : "an emulated processor")}. This terminal is its serial console.");
        Console.Error.WriteLine("  To end it: Ctrl-A X (press Ctrl-A, release it, press X), or power it off. Ctrl-C goes to the machine.");
        Console.Error.WriteLine(request.Machine.KeepsWrites ? "  The machine's writes stay on the disk (--keep)."
            : "  The machine's writes are kept until QEMU ends, also over reboots, and are discarded then; --keep keeps them.");
        if (request.Machine.SshPort is { } port) Console.Error.WriteLine($"  From another terminal: ssh -p {port} USER@127.0.0.1");
        Console.Error.WriteLine();
        Console.Error.Flush();
    }
}
