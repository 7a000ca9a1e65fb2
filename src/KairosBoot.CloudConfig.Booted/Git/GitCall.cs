namespace KairosBoot.CloudConfig.Booted;

/// <summary>Runs git for one key.</summary>
/// <param name="git">Its path.</param>
/// <param name="branch">For messages.</param>
/// <param name="access">Access to the repository.</param>
/// <param name="account">The user that it runs as; null: root.</param>
/// <param name="line">Line of the key.</param>
/// <param name="run">The entry.</param>
internal sealed class GitCall(string git, string branch, GitAccess access, Account? account, int line, EntryRun run)
{
    // Not the home in the environment, which sudo may keep: git can run programs that the configuration there names.
    private static readonly string[] RootsHome = ["HOME=/root", "XDG_CONFIG_HOME=/root/.config"];

    /// <summary>False: it failed, which is reported.</summary>
    /// <param name="verb">For messages.</param>
    /// <param name="path">Path of the tree, for messages.</param>
    /// <param name="arguments">Without the options for the access.</param>
    /// <param name="variables">In addition to those for the access.</param>
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
