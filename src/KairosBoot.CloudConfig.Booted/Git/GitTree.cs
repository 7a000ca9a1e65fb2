using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// The working tree of a <c>git</c> key. Files in a tree can make git run programs. So git runs as the owner of the tree or, for a new tree
/// in a directory of a user, as that user.
/// </summary>
/// <param name="place">Place of the tree.</param>
/// <param name="branch">A valid branch name.</param>
/// <param name="access">Access to the repository.</param>
/// <param name="git">Runs it as <paramref name="account"/>.</param>
/// <param name="account">The owner; null: root.</param>
internal sealed class GitTree(FilePlace place, string branch, GitAccess access, GitCall git, Account? account)
{
    private readonly string path = place.Path;

    /// <summary>The user that git must run as; null: root.</summary>
    /// <exception cref="OperatorException">Users other than the owner can write there.</exception>
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

    /// <param name="branchOnly">The first clone fetches only this branch.</param>
    internal void CloneOrUpdate(bool branchOnly)
    {
        using var tree = place.TryOpen();
        if (tree is null) CloneToNew(branchOnly);
        else if (Syscall.TryStatAt(tree, ".git") is not { } found) Clone(path, branchOnly);
        else if (account is not null) UpdateAsUser();
        else if (found.Type == FileType.Directory) new RootOwnedGitTree(path, branch, access, git).Update();
        else throw new OperatorException($"{path}/.git is not a directory", $"remove {path}, and the next run clones it again");
    }

    private bool Clone(string to, bool branchOnly) =>
        git.Run("clone", path,
            ["clone", "--quiet", "--branch", branch, branchOnly ? "--single-branch" : "--no-single-branch", "--", access.Url, to]);

    /// <summary>Clones into a temporary directory first, so an interrupted clone does not count.</summary>
    private void CloneToNew(bool branchOnly)
    {
        var temporary = $".{place.Name}.kairosboot";
        FileTree.Delete(place.Directory, temporary);
        // Created first: other users who may create files there (/tmp) cannot replace it.
        using (FileUser.Become(account?.User.Uid ?? 0, account?.User.Gid ?? 0))
            Syscall.MkDirAt(place.Directory, temporary, FilePermissions.Directory);
        try
        {
            if (Clone(PathParts.Below(PathParts.ParentOf(path), temporary), branchOnly))
                Syscall.RenameAt(place.Directory, temporary, place.Directory, place.Name);
        }
        finally { FileTree.Delete(place.Directory, temporary); }
    }

    /// <summary>Fetches from the URL of the config, not of the repository. Also repairs an interrupted clone.</summary>
    private void UpdateAsUser()
    {
        var tracked = $"refs/remotes/origin/{branch}";
        string[] inTree = ["-c", "core.hooksPath=/dev/null", "-C", path];
        if (git.Run("fetch", path, [.. inTree, "fetch", "--quiet", "--force", "--", access.Url, $"refs/heads/{branch}:{tracked}"]))
            git.Run("checkout", path, [.. inTree, "checkout", "--quiet", "--force", "-B", branch, tracked]);
    }
}
