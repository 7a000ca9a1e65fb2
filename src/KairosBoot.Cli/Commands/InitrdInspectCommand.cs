using System.CommandLine;
using KairosBoot.Image;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot initrd inspect</c></summary>
internal static class InitrdInspectCommand
{
    internal static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "Initrd, compressed or not" };
        var json = JsonOutput.Option;
        var command = new Command("inspect", "List the contents of an initrd and the storage drivers that it lacks.") { file, json };
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file);
            var contents = InitrdContents.Read(path);
            if (parsed.GetValue(json))
                PrintJson(contents);
            else
                Print(path, contents);
        });
        return command;
    }

    private static void Print(string path, InitrdContents contents)
    {
        Console.WriteLine($"{path}: {ByteSize.Text(contents.FileSize)}, {ByteSize.Text(contents.UnpackedSize)} unpacked, " +
            $"{contents.Compression}");
        Console.WriteLine($"kernel   {contents.Release ?? "unknown: the initrd has no modules.index"}");
        Console.WriteLine($"format   {contents.Format}");
        if (contents.HasDebugShell) Console.WriteLine("shell    kairosboot.shell=always opens a root shell of this initrd");
        foreach (var (part, count, size) in contents.Parts)
            Console.WriteLine($"{ByteSize.Text(size),10}  {part}{(count > 1 ? $" ({count} files)" : "")}");
        foreach (var (name, size) in contents.Files)
            Console.WriteLine($"{size,10}  {name}");
        Console.WriteLine($"drivers in:      {string.Join(' ', contents.DriversIn)}");
        Console.WriteLine($"built in kernel: {string.Join(' ', contents.DriversBuiltIn)}");
        Console.WriteLine($"drivers out:     {string.Join(' ', contents.DriversOut)}");
    }

    private static void PrintJson(InitrdContents contents) => JsonOutput.Write(writer =>
    {
        writer.WriteNumber("bytes", contents.FileSize);
        writer.WriteNumber("unpackedBytes", contents.UnpackedSize);
        writer.WriteString("compression", contents.Compression);
        writer.WriteString("kernel", contents.Release);
        writer.WriteNumber("format", contents.Format);
        writer.WriteBoolean("debugShell", contents.HasDebugShell);
        writer.WriteStartObject("files");
        foreach (var (name, size) in contents.Files)
            writer.WriteNumber(name, size);
        writer.WriteEndObject();
        JsonOutput.WriteArray(writer, "driversIn", contents.DriversIn);
        JsonOutput.WriteArray(writer, "driversBuiltIn", contents.DriversBuiltIn);
        JsonOutput.WriteArray(writer, "driversOut", contents.DriversOut);
    });
}
