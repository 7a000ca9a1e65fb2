using System.CommandLine;
using KairosBoot.Image;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot disk build</c></summary>
internal static class DiskBuildCommand
{
    internal static Command Create()
    {
        var image = new Option<string>("--image") { Description = "The OS image: active and passive", HelpName = "FILE", Required = true };
        var size = SizeOption.Create("Size of the disk (default: what the images need, and 1 GiB for data)");
        var output = new Option<string>("--output") { Description = "The raw disk to write", HelpName = "FILE", Required = true };
        var seed = new Option<string?>("--seed")
        {
            Description = "Text that all GUIDs of the disk follow from (default: the inputs; the same inputs make the same disk, byte by byte)",
            HelpName = "TEXT",
        };
        seed.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && DiskSeed.Problem(text) is { } problem)
                result.AddError($"--seed {problem}: give a text of one line that no other disk of the machine has");
        });
        var options = new DiskOptions();

        var command = new Command("build", "Make a bootable disk, for BIOS and UEFI, of an OS image.") { image, size, output, seed };
        options.AddTo(command);
        command.SetAction(parsed => Interruption.Run(cancellationToken =>
        {
            var documents = parsed.GetValue(options.CloudConfigs) ?? [];
            CloudConfigFiles.Check(documents);
            var path = parsed.GetRequiredValue(output);
            var request = new DiskRequest(
                parsed.GetRequiredValue(image), parsed.GetValue(options.Recovery), documents, parsed.GetValue(size), parsed.GetRequiredValue(options.Append))
            {
                Sizes = options.Sizes(parsed), Seed = parsed.GetValue(seed),
            };
            using var progress = new Progress();
            var layout = DiskBuilder.Build(request, path, cancellationToken, progress.Show);
            Console.WriteLine($"{path}: {ByteSize.Text(layout.Size)}, of it {ByteSize.Text(layout.Persistent.Size)} for data");
        }));
        return command;
    }
}
