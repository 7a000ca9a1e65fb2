using System.CommandLine;

namespace KairosBoot.Cli;

/// <summary><c>kboot version</c></summary>
internal static class VersionCommand
{
    internal static Command Create(RootCommand root)
    {
        var command = new Command("version", "Show the version of kboot, as the option --version does.");
        var json = JsonOutput.Option;
        command.Add(json);
        command.SetAction(parsed =>
        {
            if (!parsed.GetValue(json)) return root.Parse(["--version"]).Invoke(parsed.InvocationConfiguration);
            JsonOutput.Write(writer => writer.WriteString("version", Text(root)));
            return 0;
        });
        return command;
    }

    /// <summary>What the option prints, without a line feed.</summary>
    internal static string Text(RootCommand root)
    {
        using var output = new StringWriter();
        root.Parse(["--version"]).Invoke(new InvocationConfiguration { Output = output });
        return output.ToString().Trim();
    }
}
