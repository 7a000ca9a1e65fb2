using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A static shell in the initrd, which kairosboot.shell=always opens without a question. No initrd has one by default.</summary>
internal static class DebugShell
{
    private static readonly string[] Directories = [PathParts.ParentOf(SystemPaths.DebugShell)[1..]];

    /// <summary>Its name in the archive.</summary>
    internal const string Name = "debug-shell/sh";

    /// <summary>The entries of the archive.</summary>
    /// <param name="path">The program.</param>
    /// <param name="machine">Architecture of the initrd's init; null: not known.</param>
    /// <exception cref="OperatorException">The file is not a static program, or is for another architecture.</exception>
    internal static IEnumerable<CpioEntry> Entries(string path, string? machine)
    {
        var content = BoundedFile.TryRead(path, ReadLimit.InitProgram)
            ?? throw new OperatorException($"{path} does not exist", "give --debug-shell the path of a static shell");
        var own = ProcessorArchitecture.OfProgram(content);
        if (own is null) throw new OperatorException($"{path} is not a program", "give --debug-shell a static shell, for example busybox");
        if (ProgramInterpreter.Of(content) is { } loader)
        {
            throw new OperatorException($"{path} needs {loader}, which the initrd does not have",
                "give --debug-shell a static program, for example that of the package busybox-static");
        }
        if (machine is not null && own != machine)
        {
            throw new OperatorException($"{path} is for {own}, but the initrd is for {machine}",
                $"give --debug-shell a program for {machine}");
        }

        return [.. Directories.Select(CpioEntry.Directory), CpioEntry.File(Name, content, executable: true)];
    }
}
