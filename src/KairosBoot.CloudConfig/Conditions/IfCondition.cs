namespace KairosBoot.CloudConfig;

/// <summary><c>if</c>: a shell command; the entry runs if it exits with 0. Common tests run without a shell.</summary>
internal static class IfCondition
{
    internal static readonly ConditionKey Definition = new("if", Schema.Text, (value, run) =>
    {
        var script = run.Render(((YamlScalar)value).Text, value.Line, "if");
        return ShellCondition.Evaluate(script) ?? run.RunShell(script, value.Line, "if") == 0;
    });
}
