namespace KairosBoot.CloudConfig;

/// <summary><c>commands</c>: shell scripts, each with a shell of its own; one that fails does not stop the next.</summary>
internal static class CommandsKey
{
    internal static readonly StageKey Definition = new("commands", Schema.Texts, (value, run) =>
    {
        var number = 0;
        foreach (var command in YamlMapping.TextsOf(value))
        {
            number++;
            var script = run.Render(command.Text, command.Line, "commands");
            // The script itself may hold a password, so it is named by its number and line.
            if (run.RunShell(script, command.Line, "commands") is { } code and not 0)
                run.Fail(command.Line, "commands", $"command {number}: exit code {code}");
        }
    });
}
