namespace KairosBoot.CloudConfig.Booted;

/// <summary>Runs git for one key.</summary>
/// <param name="git">Its path.</param>
/// <param name="branch">For messages.</param>
/// <param name="access">How it gets at the repository.</param>
/// <param name="account">Who it runs as; null: root.</param>
/// <param name="line">Of the key.</param>
/// <param name="run">The entry.</param>
internal sealed class GitCall(string git, string branch, GitAccess access, Account? account, int line, EntryRun run)
{
    // The home of root, whatever sudo has left in the environment: git runs what the configuration there says.
    private static readonly string[] RootsHome = ["HOME=/root", "XDG_CONFIG_HOME=/root/.config"];

    /// <summary>False, with the problem reported: it failed.</summary>
    /// <param name="verb">For messages.</param>
    /// <param name="path">Of the tree, for messages.</param>
    /// <param name="arguments">All but the options for the access.</param>
    /// <param name="variables">Besides those for the access.</param>
    internal bool Run(string verb, string path, IReadOnlyList<string> arguments, IReadOnlyList<string>? variables = null)
    {
        var call = new ProgramCall(git, [.. access.Options, .. arguments])
        {
            Variables = [.. access.Variables, .. account?.Environment() ?? [.. RootsHome], .. variables ?? []],
            Secrets = access.Secrets, Limit = BootedKeys.ProgramLimit, User = account?.User,
        };
        if (run.Run(call, line, "git") is not { } result) return false;
        if (result.ExitCode == 0) run.Executed($"git {verb} {path}");
        else run.Fail(line, "git", $"git {verb} of {access.Display}, branch {branch}: {LastLine(result.Output)}");
        return result.ExitCode == 0;
    }

    private static string LastLine(string output) =>
        output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .LastOrDefault(said => said.StartsWith("fatal:", StringComparison.Ordinal) || said.StartsWith("error:", StringComparison.Ordinal)) ?? "failed";
}
