namespace KairosBoot.CloudConfig;

/// <summary><c>commands</c>: shell scripts, each in a separate shell. If one fails, the next one still runs.</summary>
internal static class CommandsKey
{
    internal static readonly StageKey Definition = new("commands", Schema.Texts, (value, run) =>
    {
        var number = 0;
        foreach (var command in YamlMapping.TextsOf(value))
        {
            number++;
            var script = run.Render(command.Text, command.Line, "commands");
            // A script may contain a password, so the message shows its number and not its text.
            if (run.RunShell(script, command.Line, "commands") is { } code and not 0)
                run.Fail(command.Line, "commands", $"command {number}: exit code {code}");
        }
    });
}
