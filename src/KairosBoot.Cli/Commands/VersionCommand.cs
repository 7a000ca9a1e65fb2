using System.CommandLine;

namespace KairosBoot.Cli;

/// <summary><c>kboot version</c></summary>
internal static class VersionCommand
{
    internal static Command Create(RootCommand root)
    {
        var command = new Command("version", "Show the version of kboot, as the option --version does.");
        command.SetAction(parsed => root.Parse(["--version"]).Invoke(parsed.InvocationConfiguration));
        return command;
    }
}
