using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The owner's checks: programs that must all succeed before the booted slot is marked good.</summary>
internal static class HealthChecks
{
    private const int ExecutableByOwner = 0x40;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Runs the programs of a directory in the order of their names; none if the directory is missing.</summary>
    /// <exception cref="OperatorException">A program failed; those after it were not started.</exception>
    internal static void Run(string directory)
    {
        using var opened = Syscall.TryOpen(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
        if (opened is null) return;
        // Editors leave such names behind.
        foreach (var name in Syscall.ReadDirectory(opened).Order(StringComparer.Ordinal).Where(name => name[0] != '.' && name[^1] != '~'))
        {
            if (Problem($"{directory}/{name}") is not { } problem) continue;
            throw new OperatorException($"the slot is not marked good: {directory}/{name} {problem}",
                "fix what it reports, and run kboot assess good; to mark the slot good without the checks, name it: kboot assess good " +
                "active");
        }
    }

    private static string? Problem(string program)
    {
        if (Syscall.TryStat(program) is not { Type: FileType.Regular } file) return "is not a file";
        // A check that is silently left out would be worse.
        if ((file.Mode & ExecutableByOwner) == 0) return "is not executable";
        CommandResult result;
        try { result = ChildProcess.Run(program, [], [SystemPaths.ProgramPath], Limit); }
        catch (SyscallException e) { return $"cannot be started: {e.Message}"; }
        var output = result.Output.Trim();
        return result.TimedOut ? $"did not end within {Limit.TotalMinutes} minutes"
            : result.ExitCode == 0 ? null : $"ended with {result.ExitCode}{(output.Length == 0 ? "" : $": {output}")}";
    }
}
