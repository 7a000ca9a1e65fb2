using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Lets a shell parse a script without running it.</summary>
internal static class ScriptLint
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Null: no fault, or no shell on this machine.</summary>
    internal static (string Reason, bool IsWarning)? Check(string script)
    {
        if (Read("sh", script) is not { } said) return null;
        // /bin/sh of the image may be another shell than /bin/sh of this machine.
        var isOfBash = StageFacts.FindProgram("bash") is not null && Read("bash", script) is null;
        return isOfBash ? ($"only bash can parse this: {said}", true) : ($"the shell cannot parse this: {said}", false);
    }

    private static string? Read(string shell, string script)
    {
        if (script.Contains('\0')) return "it contains a NUL character";
        if (StageFacts.FindProgram(shell) is not { } path) return null;
        var result = ChildProcess.Run(path, ["-n", "-c", script], [SystemPaths.StagePath, "LC_ALL=C"], Limit);
        return result.ExitCode == 0 ? null : Reason(result.Output);
    }

    /// <summary>The text after the names in <c>sh: 1: Syntax error: ...</c>.</summary>
    private static string Reason(string output)
    {
        var line = output.Split('\n')[0];
        var start = line.IndexOf("yntax error", StringComparison.Ordinal);
        return start > 0 ? line[(start - 1)..] : line;
    }
}
