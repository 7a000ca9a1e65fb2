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
            if (run.RunShell(script, command.Line, "commands") is not { ExitCode: not 0 } result) continue;
            // A script may contain a password, so the message shows its number and its first word and not its text.
            var name = EntryRun.CommandName(script) is { Length: > 0 } first ? $" ({first})" : "";
            run.Fail(command.Line, "commands",
                $"command {number.ToString()}{name}: exit code {result.ExitCode.ToString()}{EntryRun.Said(result)}");
        }
    });
}
