using System.CommandLine;
using System.Text.Json;
using KairosBoot.Image;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot image inspect</c></summary>
internal static class ImageInspectCommand
{
    internal static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "OS image: ext4, squashfs or erofs (erofs requires root)" };
        var json = JsonOutput.Option;
        var noMount = new Option<bool>("--no-mount")
        {
            Description = "Read the image with debugfs or unsquashfs instead of mounting it (default for all users but root)",
        };
        var command = new Command("inspect", "Show system, kernel, initrd, added units and seal of an OS image.") { file, json, noMount };
        command.SetAction(parsed => InterruptibleWork.Run(cancellationToken =>
        {
            var path = parsed.GetRequiredValue(file);
            var image = ImageInspection.Of(path, mayMount: !parsed.GetValue(noMount), cancellationToken);
            if (parsed.GetValue(json))
                PrintJson(image);
            else
                Print(path, image);
        }));
        return command;
    }

    private static void Print(string path, ImageInspection image)
    {
        string? Field(string name) => image.OsRelease.LastOrDefault(field => field.Name == name).Value;
        Console.WriteLine($"{ToolText.Show(path)}: {image.FileSystem}, {ByteSize.Text(image.SizeBytes)}, id {image.Id}");
        Row("system", Field("PRETTY_NAME") ?? Field("NAME") ?? "unknown: it has no os-release");
        Row("version", string.Join(' ', new[] { Field("IMAGE_ID") ?? Field("ID"), Field("IMAGE_VERSION") ?? Field("VERSION_ID") }
            .Where(word => word is not null)));
        PrintKernel(image.Kernel);
        Row("init", image.Init is null ? "none: /sbin/init leads to no file" : $"/{image.Init}");
        PrintInitrd(image);
        if (image.KernelArguments.Length > 0) Row("arguments", image.KernelArguments);
        Row("added", image.Units.Count == 0 ? "no units or services" : "units and services of kboot image build:");
        foreach (var (unit, isAsBuilt) in image.Units)
            Console.WriteLine($"           /{unit}{(isAsBuilt ? "" : " (not the file of this kboot)")}");
        Row("good", image.Reporter switch
        {
            null => "not searched for: the image was read without mounting it",
            { Reporter: { } reporter } => $"marked by {reporter}",
            var none => $"never marked: {none.Problem}",
        });
        Row("seal", image.Seal is not { } seal ? "none: kboot image build did not make this file"
            : image.MatchesSeal ? $"sha256 {seal.Sha256} over {seal.Size} bytes, correct"
            : "WRONG: the image is damaged, or was changed after it was built");
    }

    private static void PrintKernel(InspectedKernel? kernel)
    {
        if (kernel is null)
        {
            Row("kernel", "none: the image has no /boot/vmlinuz");
            return;
        }

        Row("kernel", $"{kernel.Release ?? "of an unknown release"}, {kernel.Format ?? "unknown format"}, " +
            $"{kernel.Machine ?? "unknown processor"}, {ByteSize.Text(kernel.SizeBytes)}, /{kernel.Path}");
        if (kernel.Defect is { } defect) Row("", $"it cannot be started: it {defect}");
    }

    private static void PrintInitrd(ImageInspection image)
    {
        if (image.Initrd is not { } initrd)
        {
            Row("initrd", $"none: {image.InitrdProblem}");
            return;
        }

        Row("initrd", $"for kernel {initrd.Release ?? "unknown"}, {ByteSize.Text(initrd.FileSize)}, " +
            $"{ByteSize.Text(initrd.UnpackedSize)} unpacked, {initrd.Compression}");
        foreach (var (part, count, size) in initrd.Parts)
            Row("", $"{ByteSize.Text(size),10}  {part}{(count > 1 ? $" ({count} files)" : "")}");
        if (initrd.Release is { } packed && image.Kernel?.Release is { } booted && packed != booted)
            Row("", "it does not fit the kernel");
    }

    // A value is one line: a line feed in it would look like another row.
    private static void Row(string name, string value) =>
        Console.WriteLine($"{name,-10} {value.Replace("\n", @"\n")}");

    private static void PrintJson(ImageInspection image) => JsonOutput.Write(writer =>
    {
        writer.WriteString("fileSystem", image.FileSystem);
        writer.WriteNumber("bytes", image.SizeBytes);
        writer.WriteString("imageId", image.Id);
        writer.WriteStartObject("osRelease");
        foreach (var (name, value) in image.OsRelease) writer.WriteString(name, value);
        writer.WriteEndObject();
        WriteKernel(writer, image.Kernel);
        writer.WriteString("init", image.Init is null ? null : $"/{image.Init}");
        WriteInitrd(writer, image);
        writer.WriteString("kernelArguments", image.KernelArguments);
        writer.WriteStartArray("units");
        foreach (var (path, isAsBuilt) in image.Units)
        {
            writer.WriteStartObject();
            writer.WriteString("path", $"/{path}");
            writer.WriteBoolean("asBuilt", isAsBuilt);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("reporter", image.Reporter?.Reporter);
        writer.WriteStartObject("seal");
        writer.WriteBoolean("exists", image.Seal is not null);
        if (image.Seal is { } seal)
        {
            writer.WriteNumber("bytes", seal.Size);
            writer.WriteString("sha256", seal.Sha256);
            writer.WriteBoolean("matches", image.MatchesSeal);
        }

        writer.WriteEndObject();
    });

    private static void WriteKernel(Utf8JsonWriter writer, InspectedKernel? kernel)
    {
        if (kernel is null)
        {
            writer.WriteNull("kernel");
            return;
        }

        writer.WriteStartObject("kernel");
        writer.WriteString("path", $"/{kernel.Path}");
        writer.WriteNumber("bytes", kernel.SizeBytes);
        writer.WriteString("release", kernel.Release);
        writer.WriteString("format", kernel.Format);
        writer.WriteString("architecture", kernel.Machine);
        writer.WriteString("defect", kernel.Defect);
        writer.WriteEndObject();
    }

    private static void WriteInitrd(Utf8JsonWriter writer, ImageInspection image)
    {
        if (image.Initrd is not { } initrd)
        {
            writer.WriteNull("initrd");
            return;
        }

        writer.WriteStartObject("initrd");
        writer.WriteString("kernel", initrd.Release);
        writer.WriteNumber("bytes", initrd.FileSize);
        writer.WriteNumber("unpackedBytes", initrd.UnpackedSize);
        writer.WriteString("compression", initrd.Compression);
        writer.WriteStartObject("files");
        foreach (var (name, size) in initrd.Files) writer.WriteNumber(name, size);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
