using KairosBoot.CloudConfig;
using KairosBoot.Linux;

namespace KairosBoot.Stages;

/// <summary>
/// <c>git</c>: a branch of a repository at a path. Where one is already, it becomes what the branch is now: changes made there are lost. A clone is
/// whole before it has its name.
/// </summary>
internal static class GitKey
{
    // As upstream, where nothing else is asked for.
    private const string DefaultBranch = "master";

    internal static readonly StageKey Row = new("git", Shape.Record(
        ("url", Shape.Text), ("path", Shape.Text), ("branch", Shape.Text), ("branch_only", Shape.Boolean),
        ("auth", Shape.Record(("username", Shape.Text), ("password", Shape.Text), ("private_key", Shape.Text), ("public_key", Shape.Text), ("insecure", Shape.Boolean)))), Apply);

    private static void Apply(YamlNode value, EntryRun run)
    {
        var item = (YamlMapping)value;
        if (item.Text("url") is not { Length: > 0 } url) return;
        run.Attempt(value.Line, "git", () =>
        {
            var path = Directories.Normalize(item.Text("path"));
            if (StageFacts.FindProgram("git") is not { } git) throw new FormatException("this root has no git: install the package git in the image");
            using var access = new GitAccess(url, item.Find("auth") as YamlMapping);
            var branch = item.Text("branch") is { Length: > 0 } given ? given : DefaultBranch;
            if (branch.StartsWith('-')) throw new FormatException($"{branch}: not the name of a branch");
            new GitTree(git, path, branch, access, value.Line, run).Bring(branchOnly: item.Boolean("branch_only") is true);
        });
    }
}
