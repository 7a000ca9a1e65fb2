namespace KairosBoot.CloudConfig;

/// <summary><c>if</c>: a shell command; the entry runs if it exits with 0. Common tests run without a shell.</summary>
internal static class IfCondition
{
    private const int NotExecutable = 126, NotFound = 127, Misuse = 2;
    // What dash, bash and busybox write for a text that is not a condition: a fault of the syntax, or of the arguments of [ and test.
    private static readonly string[] Complaints = ["yntax error", "[: ", "test: ", "unknown operand"];

    internal static readonly ConditionKey Definition = new("if", Schema.Text, (value, run) =>
    {
        var script = run.Render(((YamlScalar)value).Text, value.Line, "if");
        return ShellCondition.Evaluate(script) ?? Run(script, value.Line, run);
    });

    private static bool Run(string script, int line, EntryRun run)
    {
        if (run.RunShell(script, line, "if") is not { } result) return false;
        if (result.ExitCode is NotExecutable or NotFound || result.ExitCode == Misuse && IsComplaint(EntryRun.LastLine(result)))
        {
            run.Warn(line, "if",
                $"could not be evaluated and counts as false: exit code {result.ExitCode.ToString()}{EntryRun.Said(result)}");
        }
        return result.ExitCode == 0;
    }

    /// <summary>Other programs, such as grep, use exit code 2 for their own purposes.</summary>
    private static bool IsComplaint(string said)
    {
        // busybox calls itself sh in the messages of [ and test.
        if (!said.StartsWith(EntryRun.Shell + ":", StringComparison.Ordinal) && !said.StartsWith("sh:", StringComparison.Ordinal))
            return false;
        foreach (var complaint in Complaints)
            if (said.Contains(complaint, StringComparison.Ordinal)) return true;
        return false;
    }
}
