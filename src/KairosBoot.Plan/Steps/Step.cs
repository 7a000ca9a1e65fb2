namespace KairosBoot.Plan;

/// <summary>What a failed step means for the boot.</summary>
public enum StepClass
{
    /// <summary>The boot has failed: nothing is handed to the real init.</summary>
    Required,
    /// <summary>The boot goes on and says loudly what is missing.</summary>
    Degraded,
    /// <summary>Nice to have; noted in the report.</summary>
    Optional,
}

/// <summary>
/// One thing the boot does. A plan is an ordered list of these; each carries its own policy for failure and prints as the shell
/// command that does the same, which is the log line, the dry run and what an operator can paste.
/// </summary>
public abstract record Step(StepClass Class)
{
    /// <summary>The shell command that amounts to this step.</summary>
    public abstract string Command { get; }

    /// <summary>The command on one line: a log is no place for the files it writes.</summary>
    public string Summary
    {
        get
        {
            var end = Command.IndexOf('\n');
            return end < 0 ? Command : Command[..end] + " ...";
        }
    }

    /// <summary>The mount that is there afterwards, where the step makes one.</summary>
    public virtual PlannedMount? Mount => null;

    public sealed override string ToString() => Command;
}

/// <summary>A mount as fstab and mountinfo will show it.</summary>
/// <param name="FstabSource">Stable name: <c>PARTUUID=...</c>, <c>overlay</c>, a directory for a bind. Null: its device is known only when made.</param>
/// <param name="Target">As the initrd sees it: <c>/sysroot/etc</c>.</param>
/// <param name="Type">File-system type; <c>none</c> for a bind; null where the superblock decides.</param>
/// <param name="Options">Comma separated, as in fstab.</param>
/// <param name="Root">For a bind the directory inside the source file system, else <c>/</c>.</param>
public sealed record PlannedMount(string? FstabSource, string Target, string? Type, string Options, string Root = "/")
{
    /// <summary>Device or name as mountinfo shows it. Null: known only when made.</summary>
    public string? Source { get; init; }

    /// <summary>What the file system itself was given, comma separated, where it shows it as it was given: the layers of an overlay.</summary>
    public string? Layers { get; init; }

    public bool ReadOnly => Options == "ro" || Options.StartsWith("ro,", StringComparison.Ordinal);
}
