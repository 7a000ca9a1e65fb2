using System.CommandLine;
using KairosBoot.Image;
using KairosBoot.Plan;
using KairosBoot.Stages;

namespace KairosBoot.Cli;

/// <summary><c>kboot disk build</c></summary>
internal static class DiskBuildCommand
{
    internal static Command Create()
    {
        var image = new Option<string>("--image") { Description = "The OS image: active and passive", HelpName = "FILE", Required = true };
        var recovery = new Option<string?>("--recovery") { Description = "The recovery image (default: the OS image)", HelpName = "FILE" };
        var cloudConfig = new Option<string[]>("--cloud-config") { Description = "A document for /oem; may be given several times", HelpName = "FILE" };
        var size = SizeOption.Create("Size of the disk (default: what the images need, and 1 GiB for data)");
        var append = new Option<string>("--append") { Description = "Kernel arguments for every boot", HelpName = "ARGS", DefaultValueFactory = _ => "" };
        var output = new Option<string>("--output") { Description = "The raw disk to write", HelpName = "FILE", Required = true };

        var command = new Command("build", "Make a bootable disk, for BIOS and UEFI, of an OS image.") { image, recovery, cloudConfig, size, append, output };
        command.SetAction(parsed => Interruption.Run(interrupt =>
        {
            var documents = parsed.GetValue(cloudConfig) ?? [];
            Check(documents);
            var path = parsed.GetRequiredValue(output);
            var request = new DiskRequest(parsed.GetRequiredValue(image), parsed.GetValue(recovery), documents, parsed.GetValue(size), parsed.GetRequiredValue(append));
            var layout = DiskBuilder.Build(request, path, interrupt);
            Console.WriteLine($"{path}: {ByteSize.Text(layout.Size)}, of it {ByteSize.Text(layout.Persistent.Size)} for data");
        }));
        return command;
    }

    // A machine whose cloud-config does not parse comes up without its users, keys and network: better not to build it.
    private static void Check(string[] documents)
    {
        foreach (var missing in documents.Where(path => !File.Exists(path)))
        {
            throw new OperatorException($"the cloud-config {missing} is not there", "give --cloud-config the path of a YAML file");
        }

        var problems = documents.SelectMany(path => ConfigLint.Check(File.ReadAllText(path), path)).ToLookup(problem => problem.IsWarning, ProblemOutput.Text);
        foreach (var warning in problems[true])
        {
            Console.Error.WriteLine($"warning: {warning}");
        }

        if (problems[false].Any())
        {
            throw new OperatorException($"not usable: {string.Join("\n  ", problems[false])}", "correct the cloud-config at that line");
        }
    }
}
