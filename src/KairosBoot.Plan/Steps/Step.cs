namespace KairosBoot.Plan;

/// <summary>What a failed step means for the boot.</summary>
public enum StepClass
{
    /// <summary>The boot failed: the real init is not started.</summary>
    Required,
    /// <summary>The boot continues, and the report and the console say what is missing.</summary>
    Degraded,
    /// <summary>The boot continues; the report mentions it.</summary>
    Optional,
}

/// <summary>
/// One thing that the boot does. A plan is an ordered list of steps. Each step carries its own policy for failure and prints as a shell
/// command that does the same, for the log, the dry run and an operator's shell. A line that starts with <c># </c> is a description, not a
/// command; a comment at the end of a line says what the command does not do.
/// </summary>
public abstract record Step(StepClass Class)
{
    /// <summary>The shell command that does the same as this step.</summary>
    public abstract string Command { get; }

    /// <summary>The file or device that an operator looks at first if the step failed.</summary>
    public abstract string Place { get; }

    /// <summary>The start of a command that mounts something: each step creates a missing mount point.</summary>
    private protected static string AtMountPoint(string target) => $"mkdir -p {ShellText.Quote(target)} && ";

    /// <summary>A mount of the first source, or of the second one if the first does not exist.</summary>
    private protected static string MountFirst(string how, string test, string source, string? other, string target)
    {
        var (place, first) = (ShellText.Quote(target), ShellText.Quote(source));
        return other is null ? $"mkdir -p {place} && mount {how} {first} {place}"
            : $"mkdir -p {place} && if [ {test} {first} ]; then mount {how} {first} {place}; "
                + $"else mount {how} {ShellText.Quote(other)} {place}; fi";
    }

    /// <summary>The first line of the command, for a log.</summary>
    public virtual string Summary => FirstLine(Command);

    internal static string FirstLine(string command)
    {
        var end = command.IndexOf('\n');
        return end < 0 ? command : command[..end] + " ...";
    }

    /// <summary>The mount that exists afterwards, if the step makes one.</summary>
    public virtual PlannedMount? Mount => null;

    /// <summary>Mount point, in the initrd, of the volume with the stores that it needs. Null: it needs none, or they are not on a
    /// volume.</summary>
    public string? StoreVolume { get; init; }

    public sealed override string ToString() => Command;
}

/// <summary>A mount as fstab and mountinfo show it.</summary>
/// <param name="FstabSource">
/// Stable name: <c>PARTUUID=...</c>, <c>overlay</c>, a directory for a bind. Null: the device is known only after the mount.
/// </param>
/// <param name="Target">In the initrd: <c>/sysroot/etc</c>.</param>
/// <param name="Type">File-system type; <c>none</c> for a bind; null: the superblock decides.</param>
/// <param name="Options">Comma separated, as in fstab.</param>
/// <param name="Root">For a bind the directory inside the source file system, else <c>/</c>.</param>
public sealed record PlannedMount(string? FstabSource, string Target, string? Type, string Options, string Root = "/")
{
    /// <summary>Device or name as mountinfo shows it. Null: known only after the mount.</summary>
    public string? Source { get; init; }

    /// <summary>Options of the file system that mountinfo shows unchanged, comma separated: the layers of an overlay.</summary>
    public string? Layers { get; init; }

    public bool ReadOnly => Options == "ro" || Options.StartsWith("ro,", StringComparison.Ordinal);
}
