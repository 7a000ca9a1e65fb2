using System.CommandLine;
using System.Text.Json;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Image;
using KairosBoot.Lifecycle;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot install</c></summary>
internal static class InstallCommand
{
    internal static Command Create()
    {
        var device = new Option<string?>("--device")
        {
            Description = "Disk to install on; auto: the only empty disk that is not in use (default: install.device of the cloud-configs)",
            HelpName = "DEV",
        };
        var image = new Option<string?>("--image") { Description = "OS image (default: the running one)", HelpName = "FILE" };
        var root = new Option<string?>("--root") { Description = "Build the image from a directory tree", HelpName = "DIR" };
        var tar = new Option<string?>("--tar") { Description = "Build the image from a container export", HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Overwrite a disk that is not empty" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Print what would be done; write nothing" };
        var json = JsonOutput.Option;
        var options = new DiskOptions();
        var command = new Command("install", "Install the system on a disk of this machine, bootable by BIOS and UEFI. Erases the disk.")
        {
            device, image, root, tar, force, dryRun, json,
        };
        options.AddTo(command);
        OneOf.Require(command, isRequired: false, image, root, tar);
        command.SetAction(parsed => InterruptibleWork.Run(
            cancellationToken => Install(parsed.GetValue(device), (parsed.GetValue(image), parsed.GetValue(root), parsed.GetValue(tar)),
                parsed, options, (parsed.GetValue(force), parsed.GetValue(dryRun), parsed.GetValue(json)), cancellationToken),
            "the disk is unchanged or cannot be booted: run kboot install again"));
        return command;
    }

    private static int Install(string? device, (string? Image, string? Root, string? Tar) from, ParseResult parsed, DiskOptions options,
        (bool Force, bool DryRun, bool Json) flags, CancellationToken cancellationToken)
    {
        if (Syscall.GetEUid() != 0)
        {
            throw new OperatorException("installing on a disk requires root",
                "run sudo kboot install ...; to build a disk image file, run kboot disk build");
        }

        using var running = RunningWork.Enter(RunningWork.Change);
        var documents = parsed.GetValue(options.CloudConfigs) ?? [];
        using var warnings = new CommandWarnings(flags.Json);
        CloudConfigFiles.Check(documents, warnings);
        var section = InstallSection.Read(documents, _ => { }); // the check has reported the warnings
        var disk = InstallDisk.Find(device ?? section.Device
            ?? throw new OperatorException("no disk to install on", "give --device /dev/... or --device auto"));
        using var progress = new Progress();
        using var source =
            InstallSource.Open(from.Image, from.Root, from.Tar, ImageBuildCommand.Program(), progress.Show, cancellationToken);
        var request = new DiskRequest(source.Image, parsed.GetValue(options.Recovery), documents, null,
            $"{parsed.GetValue(options.Append)} {section.KernelArguments}".Trim());
        var sizes = InstallSizes.Combine(options.Sizes(parsed), section, request, warnings.Add);
        using var installer = new DiskInstaller(request with { Sizes = sizes }, disk, cancellationToken);
        var contents = disk.Contents();
        if (contents.Count > 0 && !flags.DryRun && !flags.Force)
        {
            throw new OperatorException($"{disk} is not empty:\n  {string.Join("\n  ", contents)}",
                "choose another disk, or add --force to erase all of this");
        }

        var stages = new InstallWithStages(installer, documents, new StageLogger(verbose: false), cancellationToken);
        var succeeded = flags.DryRun || stages.Run(progress.Show, warnings.Add);
        progress.Dispose();
        warnings.Add(ReporterCheck.WarnOfImage(request.Image, documents));
        if (flags.Json)
        {
            JsonOutput.Write(writer =>
            {
                Write(writer, installer.Layout, disk, request, contents, flags.DryRun);
                warnings.Write(writer);
            });
        }
        else
        {
            Print(installer.Layout, disk, request, contents, flags.DryRun);
        }

        return succeeded ? 0 : 1;
    }

    private static void Print(DiskLayout layout, InstallDisk disk, DiskRequest request, IReadOnlyList<string> contents, bool isDry)
    {
        Console.WriteLine($"{(isDry ? "would install" : "installed")} {request.Image} on {disk}");
        foreach (var partition in layout.Partitions)
            Console.WriteLine($"  {partition.Number} {partition.Name,-16} {partition.FileSystem,-5} {ByteSize.Text(partition.Size),10}");
        if (!isDry || contents.Count == 0) return;
        Console.WriteLine("the data lost would be everything on this disk:");
        foreach (var line in contents)
            Console.WriteLine($"would erase: {line}");
    }

    private static void Write(Utf8JsonWriter writer, DiskLayout layout, InstallDisk disk, DiskRequest request,
        IReadOnlyList<string> contents, bool isDry)
    {
        writer.WriteBoolean("dryRun", isDry);
        writer.WriteString("device", disk.Node);
        writer.WriteNumber("bytes", disk.SizeBytes);
        writer.WriteString("image", request.Image);
        writer.WriteString("recovery", request.Recovery ?? request.Image);
        writer.WriteString("kernelArguments", request.KernelArguments);
        DiskJson.WritePartitions(writer, layout);
        JsonOutput.WriteArray(writer, "lost", contents);
    }
}
