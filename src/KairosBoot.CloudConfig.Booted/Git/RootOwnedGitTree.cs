using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// A working tree of root with a repository. Another user may have created it, so files in its .git must not make git run programs. Git
/// uses a temporary repository in memory without configuration, hooks and attributes, and only the objects and the index of the tree. Then
/// the branch is written to the repository of the tree.
/// </summary>
internal sealed class RootOwnedGitTree(string path, string branch, GitAccess access, GitCall git)
{
    private const int Private = Octal.O700;
    private readonly string head = $"refs/heads/{branch}", tracked = $"refs/remotes/origin/{branch}";

    internal void Update()
    {
        RootOwnedPlace.Require(path + "/.git");
        using (new PathWalker().MakeDirectories(path + "/.git/objects", new NewDirectories(FilePermissions.Directory))) { }
        var gitDirectory = MakeRepository(FindCommit());
        string[] variables =
        [
            $"GIT_DIR={gitDirectory}", $"GIT_WORK_TREE={path}", $"GIT_OBJECT_DIRECTORY={path}/.git/objects",
                $"GIT_INDEX_FILE={path}/.git/index",
        ];
        // No gc: it would remove objects of other branches of the tree.
        string[] options =
        [
            "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c",
                "submodule.recurse=false",
            "-C", path,
        ];
        string[] fetch = ["fetch", "--quiet", "--force", "--no-tags", "--no-recurse-submodules", "--", access.Url, $"{head}:{tracked}"];
        if (!git.Run("fetch", path, [.. options, .. fetch], variables)) return;
        if (!git.Run("checkout", path, [.. options, "checkout", "--quiet", "--force", "--no-track", "-B", branch, tracked], variables))
            return;
        var commit = FileText.Read($"{gitDirectory}/{tracked}");
        Put(tracked, commit);
        Put(head, commit);
        Put("HEAD", $"ref: {head}\n");
        if (FileText.TryRead(gitDirectory + "/shallow") is { } shallow) Put("shallow", shallow);
    }

    private string MakeRepository(string? commit)
    {
        const int Sha256Digits = 64;
        var directory = access.Scratch() + "/git";
        foreach (var name in (string[])["", "/objects", "/refs"]) Syscall.MkDir(directory + name, Private);
        // gitrepository-layout(5). The length of a commit name shows the hash of the repository.
        var isSha256 = commit?.Trim().Length == Sha256Digits;
        Write(directory + "/config", isSha256 ? "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n"
            : "[core]\n\trepositoryformatversion = 0\n");
        Write(directory + "/HEAD", $"ref: {head}\n");
        if (Read("shallow") is { } shallow) Write(directory + "/shallow", shallow);
        if (commit is null) return directory;
        Syscall.MakeDirectories($"{directory}/{PathParts.ParentOf(tracked)}", Private);
        Write($"{directory}/{tracked}", commit);
        return directory;
    }

    private static void Write(string file, string content)
    {
        using var opened = Syscall.Open(file, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, FilePermissions.OwnerOnly);
        Syscall.WriteAll(opened, Encoding.UTF8.GetBytes(content));
    }

    /// <summary>The commit of the branch that the tree has, so that only new objects are fetched.</summary>
    private string? FindCommit()
    {
        if (Read(tracked) is { } loose) return IsName(loose.Trim()) ? loose : null;
        foreach (var line in (Read("packed-refs") ?? "").Split('\n'))
            if (line.Split(' ') is [var name, var reference] && reference == tracked && IsName(name)) return name + "\n";
        return null;
    }

    private static bool IsName(string text) => text.Length is 40 or 64 && !text.AsSpan().ContainsAnyExcept("0123456789abcdef");

    private string? Read(string name) => RootOwnedFile.TryRead($"{path}/.git/{name}");

    private void Put(string name, string content) => RootOwnedFile.Write($"{path}/.git/{name}", content);
}
