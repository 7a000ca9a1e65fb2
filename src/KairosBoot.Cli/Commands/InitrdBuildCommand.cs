using System.CommandLine;
using KairosBoot.Image;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot initrd build</c></summary>
internal static class InitrdBuildCommand
{
    internal static Command Create()
    {
        var root = new Option<string>("--root") { Description = "Directory tree with a kernel", HelpName = "DIR", Required = true };
        var output = new Option<string>("--output", "-o") { Description = "Initrd to write", HelpName = "FILE", Required = true };
        var kernel = new Option<string?>("--kernel")
        {
            Description = "Kernel release, if the tree has several", HelpName = "VERSION",
        };
        var modules = new Option<string>("--modules")
        {
            Description = $"Module sets ({string.Join(", ", ModuleSet.Names)}) and module names, separated by commas",
            HelpName = "SET",
            DefaultValueFactory = _ => InitrdRequest.DefaultModules,
        };
        var compress = CompressOption.Create("Compression (auto: the fastest one that the kernel unpacks)");
        var init = new Option<string?>("--init")
        {
            Description = "kairos-boot program to pack (default: the one shipped with this kboot)", HelpName = "FILE",
        };
        var debugShell = new Option<string?>("--debug-shell")
        {
            Description = "Static shell to pack: kairosboot.shell=always opens it without a password", HelpName = "FILE",
        };
        var json = JsonOutput.Option;

        var command = new Command("build", "Build an initrd for the kernel in a directory tree.")
        {
            root, output, kernel, modules, compress, init, debugShell, json,
        };
        command.SetAction(parsed => InterruptibleWork.Run(cancellationToken =>
        {
            var tree = parsed.GetRequiredValue(root);
            var request = new InitrdRequest(tree, parsed.GetValue(kernel), parsed.GetRequiredValue(modules),
                InitrdCompressionWords.Parse(parsed.GetRequiredValue(compress)),
                parsed.GetValue(init))
            {
                UnpacksKernel = true, DebugShell = parsed.GetValue(debugShell),
            };
            var path = parsed.GetRequiredValue(output);
            var built = InitrdBuilder.Build(request, cancellationToken);
            OutputFile.Write(path, temporary => HostFile.Write(temporary, built.Content));
            if (parsed.GetValue(json)) PrintJson(path, built);
            else Print(path, built);
        }));
        return command;
    }

    private static void Print(string path, BuiltInitrd built)
    {
        Console.WriteLine($"{path}: kernel {built.Release}, {built.Packed.Count} modules, {ByteSize.Text(built.Content.Length)}, " +
            built.Compression.Word() + (built.Reason is null ? "" : $": {built.Reason}"));
        if (built.Absent.Count > 0) Console.WriteLine($"not in this kernel: {string.Join(", ", built.Absent)}");
    }

    private static void PrintJson(string path, BuiltInitrd built) => JsonOutput.Write(writer =>
    {
        writer.WriteString("file", path);
        writer.WriteNumber("bytes", built.Content.Length);
        writer.WriteString("kernel", built.Release);
        writer.WriteString("compression", built.Compression.Word());
        writer.WriteString("compressionReason", built.Reason);
        JsonOutput.WriteArray(writer, "modules", built.Packed);
        JsonOutput.WriteArray(writer, "modulesNotInKernel", built.Absent);
    });
}
