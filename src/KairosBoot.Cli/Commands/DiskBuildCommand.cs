using System.CommandLine;
using KairosBoot.Image;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot disk build</c></summary>
internal static class DiskBuildCommand
{
    internal static Command Create()
    {
        var image = new Option<string>("--image")
        {
            Description = "OS image for the slots active and passive", HelpName = "FILE", Required = true,
        };
        var size = SizeOption.Create("Size of the disk (default: room for the images and 1 GiB of data)");
        var output = new Option<string>("--output", "-o") { Description = "Disk image to write (raw)", HelpName = "FILE", Required = true };
        var seed = new Option<string?>("--seed")
        {
            Description = "Text from which all GUIDs of the disk are derived (default: a digest of the inputs, so the same inputs give " +
                "the same disk)",
            HelpName = "TEXT",
        };
        seed.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && DiskSeed.Problem(text) is { } problem)
                result.AddError($"--seed {problem}: give one line of text that is used for no other disk of the machine");
        });
        var sectorSize = new Option<int>("--sector-size")
        {
            Description = "Bytes of a sector of the disk that it is for: 512 or 4096; with 4096, only UEFI boots it (default: 512)",
            HelpName = "BYTES", DefaultValueFactory = _ => 512,
        };
        sectorSize.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && token.Value is not ("512" or "4096"))
                result.AddError($"--sector-size {token.Value}: give 512 or 4096, as in /sys/class/block/DISK/queue/logical_block_size");
        });
        var json = JsonOutput.Option;
        var options = new DiskOptions();

        var command = new Command("build", "Build a bootable disk image for BIOS and UEFI from an OS image.")
        {
            image, size, sectorSize, output, seed, json,
        };
        options.AddTo(command);
        command.SetAction(parsed => InterruptibleWork.Run(cancellationToken =>
        {
            var documents = parsed.GetValue(options.CloudConfigs) ?? [];
            using var warnings = new CommandWarnings(parsed.GetValue(json));
            CloudConfigFiles.Check(documents, warnings);
            var path = parsed.GetRequiredValue(output);
            var request = new DiskRequest(
                parsed.GetRequiredValue(image), parsed.GetValue(options.Recovery), documents, parsed.GetValue(size),
                parsed.GetRequiredValue(options.Append))
            {
                Sizes = options.Sizes(parsed), Seed = parsed.GetValue(seed), SectorSize = parsed.GetValue(sectorSize),
            };
            using var progress = new Progress();
            var layout = DiskBuilder.Build(request, path, cancellationToken, progress.Show);
            progress.Dispose();
            warnings.Add(ReporterCheck.WarnOfImage(request.Image, documents));
            if (parsed.GetValue(json)) PrintJson(path, layout, warnings);
            else Console.WriteLine($"{path}: {ByteSize.Text(layout.Size)}, {ByteSize.Text(layout.Persistent.Size)} of it for data");
        }));
        return command;
    }

    private static void PrintJson(string path, DiskLayout layout, CommandWarnings warnings) => JsonOutput.Write(writer =>
    {
        writer.WriteString("file", path);
        writer.WriteNumber("bytes", layout.Size);
        DiskJson.WritePartitions(writer, layout);
        warnings.Write(writer);
    });
}
