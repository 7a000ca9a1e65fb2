using System.CommandLine;
using KairosBoot.Image;

namespace KairosBoot.Cli;

/// <summary><c>kboot man</c></summary>
internal static class ManCommand
{
    internal static Command Create(RootCommand root)
    {
        var directory = new Argument<string>("DIR") { Description = "Existing directory, for example /usr/share/man/man8" };
        var command = new Command("man", "Write the manual pages of kboot and all its commands.") { directory };
        command.SetAction(parsed =>
        {
            var path = Path.GetFullPath(parsed.GetRequiredValue(directory));
            var pages = ManPage.All(root, VersionCommand.Text(root)).ToList();
            foreach (var (file, text) in pages)
                OutputFile.Write(Path.Combine(path, file), temporary => HostFile.Write(temporary, text));
            Console.WriteLine($"{path}: {pages.Count} pages");
        });
        return command;
    }
}
