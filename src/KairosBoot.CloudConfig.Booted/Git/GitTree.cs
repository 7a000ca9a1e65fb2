using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// The working tree that a <c>git</c> key asks for. What is in a tree can make git run programs, so git runs as the tree's owner: in a user's tree,
/// or where a user could put one, as that user.
/// </summary>
/// <param name="place">Of the tree.</param>
/// <param name="branch">A name that git accepts.</param>
/// <param name="access">How git gets at the repository.</param>
/// <param name="git">Runs it as <paramref name="account"/>.</param>
/// <param name="account">The owner; null: root.</param>
internal sealed class GitTree(FilePlace place, string branch, GitAccess access, GitCall git, Account? account)
{
    private readonly string path = place.Path;

    /// <summary>The owner that git has to run as. Null: root.</summary>
    /// <exception cref="OperatorException">It is not clear, or others than the owner write there.</exception>
    internal static Account? OwnerOf(FilePlace place)
    {
        using var tree = place.TryOpen();
        FileStatus? status = tree is null ? null : Syscall.FStat(tree);
        if (status is { Type: not FileType.Directory }) throw new FormatException($"{place.Path} already exists and is not a directory");
        var owner = place.User != 0 ? place.User : status?.Uid ?? 0;
        if (owner != 0) return Account.Of(owner, status?.Gid ?? Syscall.FStat(place.Directory).Gid);
        RootOwnedPlace.Require(place.Path);
        return null;
    }

    /// <param name="branchOnly">A first clone fetches no other branch.</param>
    internal void Bring(bool branchOnly)
    {
        using var tree = place.TryOpen();
        if (tree is null) CloneToNew(branchOnly);
        else if (Syscall.TryStatAt(tree, ".git") is not { } found) Clone(path, branchOnly);
        else if (account is not null) UpdateAsUser();
        else if (found.Type == FileType.Directory) new RootOwnedGitTree(path, branch, access, git).Update();
        else throw new OperatorException($"{path}/.git is not a directory", $"remove {path}: it is cloned again then");
    }

    private bool Clone(string to, bool branchOnly) =>
        git.Run("clone", path, ["clone", "--quiet", "--branch", branch, branchOnly ? "--single-branch" : "--no-single-branch", "--", access.Url, to]);

    /// <summary>Next to the path first: what a power cut leaves of a clone does not count as one.</summary>
    private void CloneToNew(bool branchOnly)
    {
        var temporary = $".{place.Name}.kairosboot";
        FileTree.Delete(place.Directory, temporary);
        // A directory that exists from here on cannot be exchanged by others who may create files there (/tmp).
        using (FileUser.Become(account?.User.Uid ?? 0, account?.User.Gid ?? 0)) Syscall.MkDirAt(place.Directory, temporary, FilePermissions.Directory);
        try
        {
            if (Clone($"{path[..(path.LastIndexOf('/') + 1)]}{temporary}", branchOnly)) Syscall.RenameAt(place.Directory, temporary, place.Directory, place.Name);
        }
        finally { FileTree.Delete(place.Directory, temporary); }
    }

    /// <summary>From the URL of the config, whatever the repository remembers, and even where its own clone never ended.</summary>
    private void UpdateAsUser()
    {
        var tracked = $"refs/remotes/origin/{branch}";
        string[] inTree = ["-c", "core.hooksPath=/dev/null", "-C", path];
        if (git.Run("fetch", path, [.. inTree, "fetch", "--quiet", "--force", "--", access.Url, $"refs/heads/{branch}:{tracked}"]))
            git.Run("checkout", path, [.. inTree, "checkout", "--quiet", "--force", "-B", branch, tracked]);
    }
}
