using System.CommandLine;
using KairosBoot.Image;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot image build</c></summary>
internal static class ImageBuildCommand
{
    internal static Command Create()
    {
        var source = new Argument<string?>("PATH")
        {
            Description = "A directory: a tree, as with --root; a file: a container export, as with --tar", Arity = ArgumentArity.ZeroOrOne,
        };
        var root = new Option<string?>("--root") { Description = "Build the image from a directory tree", HelpName = "DIR" };
        var tar = new Option<string?>("--tar") { Description = "Build the image from a container export", HelpName = "FILE" };
        var output = new Option<string>("--output", "-o") { Description = "Image to write", HelpName = "FILE", Required = true };
        var format = new Option<string>("--format") { Description = "File system of the image", DefaultValueFactory = _ => "ext4" };
        format.AcceptOnlyFromAmong("ext4", "squashfs", "erofs");
        var size = SizeOption.Create("Size of an ext4 image (default: as large as the content needs)");
        var kernel = new Option<string?>("--kernel") { Description = "Kernel release, if the tree has several", HelpName = "VERSION" };
        var modules = new Option<string>("--modules")
        {
            Description = "Modules for the initrd, if the tree has no initrd; see kboot initrd build",
            HelpName = "SET",
            DefaultValueFactory = _ => InitrdRequest.DefaultModules,
        };
        var compress = CompressOption.Create("Compression of that initrd (auto: the fastest one that the kernel unpacks)");
        var init = new Option<string?>("--init") { Description = "kairos-boot program for that initrd", HelpName = "FILE" };
        var noAssessment = new Option<bool>("--no-assessment")
        {
            Description = "Mark each boot of the image good when its init starts, if nothing in it does",
        };
        var grub = new Option<string?>("--grub")
        {
            Description = "Directory with GRUB's modules, to add GRUB to the image (default: /usr/lib/grub, if it has them)",
            HelpName = "DIR",
        };
        var json = JsonOutput.Option;

        var command = new Command("build", "Build an OS image, with kernel and initrd, from a directory tree or a container export.")
        {
            source, root, tar, output, format, size, kernel, modules, compress, init, noAssessment, grub, json,
        };
        OneOf.Require(command, isRequired: true, source, root, tar);
        command.SetAction(parsed => InterruptibleWork.Run(cancellationToken =>
        {
            var path = parsed.GetValue(source);
            var isTree = path is not null && GivenPath.IsDirectory(path);
            var request = new ImageRequest(isTree ? path : parsed.GetValue(root), isTree ? null : path ?? parsed.GetValue(tar),
                Enum.Parse<ImageFormat>(parsed.GetRequiredValue(format), ignoreCase: true),
                parsed.GetValue(size), parsed.GetValue(kernel), parsed.GetRequiredValue(modules), parsed.GetValue(init), Program())
            {
                UnpacksKernel = true,
                Compression = InitrdCompressionWords.Parse(parsed.GetRequiredValue(compress)),
                WithoutAssessment = parsed.GetValue(noAssessment),
                Grub = parsed.GetValue(grub),
            };
            var image = parsed.GetRequiredValue(output);
            var built = ImageBuilder.Build(request, image, cancellationToken);
            Print(image, parsed.GetRequiredValue(format), built, parsed.GetValue(json));
        }));
        return command;
    }

    private static void Print(string path, string fileSystem, BuiltImage built, bool json)
    {
        using var warnings = new CommandWarnings(json);
        foreach (var warning in built.Warnings) warnings.Add(warning);
        if (json)
        {
            JsonOutput.Write(writer =>
            {
                writer.WriteString("file", path);
                writer.WriteString("fileSystem", fileSystem);
                writer.WriteNumber("bytes", built.SizeBytes);
                writer.WriteString("imageId", built.Id);
                JsonOutput.WriteArray(writer, "added", built.Added);
                warnings.Write(writer);
            });
            return;
        }

        Console.WriteLine($"{path}: {fileSystem}, {ByteSize.Text(built.SizeBytes)}, id {built.Id}");
        if (built.Added.Count > 0) Console.WriteLine("added to the tree:");
        foreach (var added in built.Added) Console.WriteLine($"  {added}");
    }

    /// <summary>
    /// Path of this program, for an image without it; null if it was started by the .NET host, because it is then not one file.
    /// </summary>
    internal static string? Program() => Path.GetFileName(Environment.ProcessPath) == "kboot" ? Environment.ProcessPath : null;
}
