using KairosBoot.Linux;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Has a shell read a script without running it.</summary>
internal static class ScriptLint
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Null: nothing wrong, or no shell here to tell.</summary>
    internal static (string Reason, bool IsWarning)? Check(string script)
    {
        if (Read("sh", script) is not { } said) return null;
        // /bin/sh of the image may be another one than that of the machine the check runs on.
        var isOfBash = StageFacts.FindProgram("bash") is not null && Read("bash", script) is null;
        return isOfBash ? ($"only bash reads this: {said}", true) : ($"the shell does not read this: {said}", false);
    }

    private static string? Read(string shell, string script)
    {
        if (script.Contains('\0')) return "it has a character of value 0";
        if (StageFacts.FindProgram(shell) is not { } path) return null;
        var result = ChildProcess.Run(path, ["-n", "-c", script], ["PATH=/usr/bin:/bin", "LC_ALL=C"], Limit);
        return result.ExitCode == 0 ? null : Reason(result.Output);
    }

    /// <summary>Of <c>sh: 1: Syntax error: ...</c> what is behind the names.</summary>
    private static string Reason(string output)
    {
        var line = output.Split('\n')[0];
        var start = line.IndexOf("yntax error", StringComparison.Ordinal);
        return start > 0 ? line[(start - 1)..] : line;
    }
}
