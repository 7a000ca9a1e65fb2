using KairosBoot.Linux;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// <c>git</c>: clones a branch of a repository, or resets an existing tree to the branch. Local changes are lost. A clone is complete
/// before it gets its name.
/// </summary>
internal static class GitKey
{
    // The default of upstream.
    private const string DefaultBranch = "master";

    internal static readonly StageKey Definition = new("git", Schema.Record(
        ("url", Schema.Text), ("path", Schema.Text), ("branch", Schema.Text), ("branch_only", Schema.Boolean),
        ("auth", Schema.Record(("username", Schema.Text), ("password", Schema.Text), ("private_key", Schema.Text),
            ("public_key", Schema.Text), ("insecure", Schema.Boolean)))), Apply, KeyPlace.Booted);

    /// <summary>Checks the value without cloning.</summary>
    internal static void Check(YamlMapping value, string key, EntryLint lint)
    {
        if (value.Text("url") is not { Length: > 0 }) return;
        KeyChecks.CheckPath(value, "path", key, lint);
        lint.Try(value.Line, key, () => BranchOf(value));
    }

    private static void Apply(YamlNode value, EntryRun run)
    {
        var item = (YamlMapping)value;
        if (item.Text("url") is not { Length: > 0 } url) return;
        run.Attempt(value.Line, "git", () =>
        {
            var path = Directories.Normalize(item.Text("path"));
            if (StageFacts.FindProgram("git") is not { } git)
                throw new FormatException("this root has no git; to fix: install the package git in the image");
            var branch = BranchOf(item);
            using var place = new PathWalker().Place(path, new NewDirectories(FilePermissions.Directory));
            if (place.Name == ".") throw new FormatException($"{path} already exists and is not an empty directory");
            var account = GitTree.OwnerOf(place);
            using var access = new GitAccess(url, item.Find("auth") as YamlMapping, account?.User);
            var call = new GitCall(git, branch, access, account, value.Line, run);
            new GitTree(place, branch, access, call, account).CloneOrUpdate(branchOnly: item.Boolean("branch_only") is true);
        });
    }

    private static string BranchOf(YamlMapping item)
    {
        var branch = item.Text("branch") is { Length: > 0 } given ? given : DefaultBranch;
        return IsBranch(branch) ? branch : throw new FormatException($"'{branch}' is not a branch name");
    }

    /// <summary>git-check-ref-format(1): such a name is also a safe path within a repository.</summary>
    private static bool IsBranch(string name)
    {
        if (name[0] == '-' || name.EndsWith('.') || name.Contains("..") || name.Contains("@{")) return false;
        if (name.AsSpan().ContainsAny(" ~^:?*[\\\u007F")) return false;
        foreach (var part in name.Split('/'))
            if (part.Length == 0 || part[0] == '.' || part.EndsWith(".lock", StringComparison.Ordinal)) return false;
        return !name.Any(char.IsControl);
    }
}
