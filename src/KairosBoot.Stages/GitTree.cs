using KairosBoot.CloudConfig;
using KairosBoot.Linux;

namespace KairosBoot.Stages;

/// <summary>The working tree that a <c>git</c> key asks for.</summary>
internal sealed class GitTree(string git, string path, string branch, GitAccess access, int line, EntryRun run)
{
    /// <param name="branchOnly">A first clone fetches no other branch.</param>
    internal void Bring(bool branchOnly)
    {
        if (Syscall.TryStat(path + "/.git") is not null) Update();
        else if (Syscall.TryLStat(path) is not null) Git("clone", [.. Clone(branchOnly), path]);
        else CloneAnew(branchOnly);
    }

    private string[] Clone(bool branchOnly) => ["clone", "--quiet", "--branch", branch, branchOnly ? "--single-branch" : "--no-single-branch", "--", access.Url];

    /// <summary>Beside the path first: what a power cut leaves of a clone does not count as one.</summary>
    private void CloneAnew(bool branchOnly)
    {
        var temporary = $"{path[..(path.LastIndexOf('/') + 1)]}.{path[(path.LastIndexOf('/') + 1)..]}.kairosboot";
        Directories.MakeParents(path, FilePermissions.Directory, uid: 0, gid: 0);
        if (Syscall.TryLStat(temporary) is not null) Directory.Delete(temporary, recursive: true);
        if (Git("clone", [.. Clone(branchOnly), temporary])) Syscall.Rename(temporary, path);
    }

    /// <summary>From the URL of the config, whatever the repository remembers, and even where its own clone never ended.</summary>
    private void Update()
    {
        var tracked = $"refs/remotes/origin/{branch}";
        // A tree that is not root's could have anything run as root by its hooks, and git itself refuses it.
        string[] inTree = ["-c", $"safe.directory={path}", "-c", "core.hooksPath=/dev/null", "-C", path];
        if (Git("fetch", [.. inTree, "fetch", "--quiet", "--force", "--", access.Url, $"refs/heads/{branch}:{tracked}"]))
            Git("checkout", [.. inTree, "checkout", "--quiet", "--force", "-B", branch, tracked]);
    }

    private bool Git(string verb, string[] arguments)
    {
        var call = new ProgramCall(git, [.. access.Options, .. arguments]) { Variables = access.Variables, Secrets = access.Secrets, Limit = BootedKeys.Limit };
        if (run.Run(call, line, "git") is not { } result) return false;
        if (result.ExitCode == 0) run.Executed($"git {verb} {path}");
        else run.Fail(line, "git", $"git {verb} of {access.Display}, branch {branch}: {LastLine(result.Output)}");
        return result.ExitCode == 0;
    }

    private static string LastLine(string output) =>
        output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).LastOrDefault(said => said.StartsWith("fatal:", StringComparison.Ordinal) || said.StartsWith("error:", StringComparison.Ordinal)) ?? "failed";
}
