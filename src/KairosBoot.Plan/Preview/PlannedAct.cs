namespace KairosBoot.Plan;

/// <summary>One thing that a boot will do.</summary>
/// <param name="step">The step; null: an act that no shell command does.</param>
/// <param name="command">The shell command that does the same, or a description, which starts with <c># </c>.</param>
/// <param name="reason">Why the boot does it: a short phrase.</param>
public sealed class PlannedAct(Step? step, string command, string reason)
{
    public Step? Step => step;
    public string Command => command;
    public string Reason => reason;

    /// <summary><c>required</c>, <c>degraded</c>, <c>optional</c>: what its failure means for the boot. Null: it is not a step.</summary>
    public string? ClassName => (step?.Class ?? OwnClass) is { } known ? BootReport.ClassName(known) : null;

    /// <summary>The class of a step whose content is known only in the boot; null: it is no such step.</summary>
    public StepClass? OwnClass { get; init; }

    /// <summary>
    /// The command with its class and its reason as a comment. A shell takes the text as it is; each step starts a line.
    /// </summary>
    public string Line
    {
        get
        {
            var comment = CommentText.OneLine(ClassName is null ? reason : $"{ClassName}: {reason}");
            // A description is a comment already, and the lines after it are its commands.
            var first = command.IndexOf('\n');
            return first > 0 && command.StartsWith("# ", StringComparison.Ordinal)
                ? $"{command[..first]} # {comment}{command[first..]}" : $"{command} # {comment}";
        }
    }
}
