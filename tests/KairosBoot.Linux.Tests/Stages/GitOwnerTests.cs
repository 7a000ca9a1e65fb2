namespace KairosBoot.Linux.Tests.Stages;

/// <summary>The key git in trees that a user owns or could write to: programs that the tree names never run as root.</summary>
public sealed class GitOwnerTests : IDisposable
{
    private readonly BootedSystem system = new();

    public GitOwnerTests()
    {
        system.AddEve();
        system.Shell("""
            git config --global user.name n; git config --global user.email e; git config --global init.defaultBranch master
            mkdir -m 1777 /srv/ran
            printf '#!/bin/sh\nid -u >> /srv/ran/log 2> /dev/null\nexit 1\n' > /srv/evil; chmod 755 /srv/evil; cp /srv/evil /srv/git-remote-evil
            git init -q /srv/work; cd /srv/work; echo 1 > f; git add f; git commit -qm 1
            git clone -q --bare /srv/work /srv/repo.git; git -C /srv/repo.git update-server-info; git clone -q --bare /srv/work /srv/eve.git; chown -R eve:eve /srv/eve.git
            """);
    }

    public void Dispose() => system.Dispose();

    private void Commit(string content) =>
        system.Shell($"cd /srv/work; echo {content} > f; echo '*.x diff=x' > .gitattributes; echo x > a.x; git add .; git commit -qam " +
            $"{content}; for r in repo eve; do git -c safe.directory='*' -C /srv/$r.git fetch -qf /srv/work master:master; chown -R " +
            "--reference=/srv/$r.git/HEAD /srv/$r.git; git -c safe.directory='*' -C /srv/$r.git update-server-info; done; chown -R " +
            "eve:eve /srv/eve.git");

    /// <summary>Changes of a repository that make git run /srv/evil.</summary>
    public static TheoryData<string> Plants =>
    [
        "git config core.fsmonitor /srv/evil",
        "git config filter.x.smudge /srv/evil; git config filter.x.clean /srv/evil; git config filter.x.process /srv/evil; mkdir -p " +
            ".git/info; echo '* filter=x' > .git/info/attributes",
        "git config filter.x.smudge /srv/evil; git config filter.x.clean /srv/evil; echo '* filter=x' > .gitattributes",
        "git config url.'ext::/srv/evil '.insteadOf file:///srv; git config protocol.ext.allow always",
        "printf '[core]\n\tfsmonitor = /srv/evil\n' > /srv/ran/include; git config include.path /srv/ran/include",
        "mkdir -p .git/hooks; for h in post-checkout reference-transaction post-merge pre-auto-gc post-index-change; do cp /srv/evil " +
            ".git/hooks/$h; done",
        "mkdir -p hooks; cp /srv/evil hooks/post-checkout; cp /srv/evil hooks/reference-transaction; git config core.hooksPath $PWD/hooks",
        "git config core.sshCommand /srv/evil; git config core.askPass /srv/evil; git config credential.helper /srv/evil; git config " +
            "core.gitProxy /srv/evil",
        "git config core.worktree /srv/ran; git config core.fsmonitor /srv/evil",
        "git config diff.x.textconv /srv/evil; git config diff.external /srv/evil; git config diff.x.command /srv/evil; git config " +
            "core.pager /srv/evil; git config core.editor /srv/evil",
        "git config remote.origin.uploadpack /srv/evil; git config remote.origin.vcs evil; git config core.alternateRefsCommand " +
            "/srv/evil; mkdir -p .git/objects/info; echo /srv/repo.git/objects > .git/objects/info/alternates",
        "git config submodule.recurse true; git config fetch.recurseSubmodules true; git config gc.auto 1; git config " +
            "gc.recentObjectsHook /srv/evil; git config maintenance.auto true",
        "git config extensions.worktreeConfig true; printf '[core]\n\tfsmonitor = /srv/evil\n' > .git/config.worktree",
    ];

    private string Ran() => system.Shell("cat /srv/ran/log 2> /dev/null || :");

    [Theory]
    [MemberData(nameof(Plants))]
    public void In_a_tree_of_a_user_programs_run_only_as_that_user(string plant)
    {
        const string Key = "git: {url: file:///srv/eve.git, path: /home/eve/tree}";
        Assert.Empty(system.Run(Key).Problems);
        system.ShellAsEve("cd /home/eve/tree; " + plant);
        system.Shell("rm -f /srv/ran/log");
        Commit("2");
        system.Run(Key);
        Assert.DoesNotContain("0", Ran().Split('\n'));
        Assert.Equal("", system.Shell("find /home/eve /srv/ran -mindepth 1 -uid 0"));
    }

    [Theory]
    [MemberData(nameof(Plants))]
    public void In_a_tree_of_root_that_is_writable_for_others_nothing_runs(string plant)
    {
        const string Key = "git: {url: file:///srv/repo.git, path: /opt/tree}";
        Assert.Empty(system.Run(Key).Problems);
        system.Shell($"chgrp -R eve /opt/tree; chmod -R g+w /opt/tree; cd /opt/tree; {plant}; chgrp -R eve /opt/tree; chmod -R g+w " +
            "/opt/tree; rm -f /srv/ran/log");
        Commit("2");
        var problem = Assert.Single(system.Run(Key).Problems);
        Assert.Contains("/opt/tree is writable for group 4711", problem.Reason);
        Assert.Equal(("", "1\n"), (Ran(), system.Read("/opt/tree/f")));
        // The fix of the message. The planted files still exist.
        system.Shell("chmod g-w /opt/tree /opt/tree/.git");
        Assert.Empty(system.Run(Key).Problems);
        Assert.Equal(("", "2\n", false), (Ran(), system.Read("/opt/tree/f"), system.Has("/srv/ran/f")));
    }

    [Fact]
    public void A_git_file_that_leads_elsewhere_is_refused_only_for_root()
    {
        const string Root = "git: {url: file:///srv/repo.git, path: /opt/tree}", Users =
            "git: {url: file:///srv/eve.git, path: /home/eve/tree}";
        Assert.Empty(system.Run(Root).Problems);
        Assert.Empty(system.Run(Users).Problems);
        foreach (var tree in (string[])["/opt/tree", "/home/eve/tree"])
        {
            system.Shell($"cd {tree}; mv .git /srv/ran/git$(stat -c %u .); echo gitdir: /srv/ran/git$(stat -c %u .) > .git; chown " +
                $"--reference=. .git; cd /; git config -f /srv/ran/git$(stat -c %u {tree})/config core.fsmonitor /srv/evil");
        }

        Commit("2");
        Assert.Contains("/opt/tree/.git is not a directory", Assert.Single(system.Run(Root).Problems).Reason);
        system.Run(Users);
        Assert.DoesNotContain("0", Ran().Split('\n'));
        system.Shell("rm /opt/tree/.git; ln -s /srv/ran/git0 /opt/tree/.git");
        Assert.Contains("/opt/tree/.git is not a directory", Assert.Single(system.Run(Root).Problems).Reason);
    }

    [Theory]
    [InlineData("core.askPass")]
    [InlineData("credential.helper")]
    public void A_server_that_asks_for_a_password_starts_nothing_of_the_tree(string key)
    {
        Assert.Empty(system.Run("git: {url: file:///srv/repo.git, path: /opt/tree}").Problems);
        system.Shell($"git -C /opt/tree config {key} /srv/evil");
        using var server = new LocalServer((_, response) =>
        {
            (response.StatusCode, response.Headers["WWW-Authenticate"]) = (401, "Basic realm=\"x\"");
            return null;
        });
        Assert.Contains("git fetch",
            Assert.Single(system.Run($"git: {{url: '{server.Address}/repo.git', path: /opt/tree}}").Problems).Reason);
        Assert.Equal("", Ran());
    }

    [Theory]
    [InlineData("git://127.0.0.1:1/repo.git")]
    [InlineData("ssh://127.0.0.1:1/repo.git")]
    public void The_trees_own_proxy_and_ssh_are_not_started(string url)
    {
        Assert.Empty(system.Run("git: {url: file:///srv/repo.git, path: /opt/tree}").Problems);
        system.Shell("git -C /opt/tree config core.gitProxy /srv/evil; git -C /opt/tree config core.sshCommand /srv/evil");
        Assert.Contains("git fetch", Assert.Single(system.Run($"git: {{url: '{url}', path: /opt/tree}}").Problems).Reason);
        Assert.Equal("", Ran());
    }

    [Fact]
    public void A_users_tree_is_cloned_and_updated_as_that_user()
    {
        const string Key = "git: {url: file:///srv/eve.git, path: /home/eve/a/tree}";
        Assert.Empty(system.Run(Key).Problems);
        Commit("2");
        Assert.Empty(system.Run(Key).Problems);
        Assert.Equal(("2\n", "", "tree\n"),
            (system.Read("/home/eve/a/tree/f"), system.Shell("find /home/eve ! -uid 4711"), system.Shell("ls -A /home/eve/a")));
    }

    [Fact]
    public void The_password_of_a_users_tree_is_in_no_file()
    {
        using var server = new LocalServer((request, response) =>
        {
            if (request.Headers["Authorization"] == "Basic " + Convert.ToBase64String("me:S3CRET"u8))
                return served.GetValueOrDefault("/srv" + request.Url!.AbsolutePath);
            (response.StatusCode, response.Headers["WWW-Authenticate"]) = (401, "Basic realm=\"x\"");
            return null;
        });
        foreach (var path in system.Shell("find /srv/repo.git -type f").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            served[path] = system.Do(() => File.ReadAllBytes(path));
        Assert.Empty(system.Run(
            $"git: {{url: '{server.Address}/repo.git', path: /home/eve/tree, auth: {{username: me, password: S3CRET}}}}").Problems);
        Assert.Equal(("1\n", ""), (system.Read("/home/eve/tree/f"), system.Shell("grep -r S3CRET /home/eve /run || :")));
    }

    private readonly Dictionary<string, byte[]> served = [];

    [Theory]
    [InlineData("ln -s /opt /home/eve/d", "/home/eve/d/tree", "belongs to user 4711")]
    [InlineData("mkdir /home/eve/tree", "/home/eve/tree", "belongs to user 0, but /home/eve belongs to user 4711")]
    [InlineData("mkdir -m 777 /opt/open", "/opt/open/tree", "is writable for all users")]
    public void A_path_that_another_user_can_change_is_refused(string plant, string path, string reason)
    {
        system.Shell(plant + "; chown -h eve /home/eve/d 2> /dev/null || :");
        Assert.Contains(reason, Assert.Single(system.Run($"git: {{url: file:///srv/repo.git, path: {path}}}").Problems).Reason);
        Assert.Equal("", system.Shell($"find /opt/tree {path}/ -mindepth 1 2> /dev/null || :"));
    }

    [Theory]
    [InlineData("../../x")]
    [InlineData("a/../b")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.lock")]
    [InlineData("a//b")]
    [InlineData("-x")]
    [InlineData("a b")]
    public void An_invalid_branch_name_is_rejected(string branch) =>
        Assert.Contains("is not a branch name",
            Assert.Single(system.Run($"git: {{url: file:///srv/repo.git, path: /opt/tree, branch: '{branch}'}}").Problems).Reason);

    [Fact]
    public void A_branch_with_a_slash_packed_references_and_a_shallow_tree_are_updated()
    {
        Commit("2");
        system.Shell("git -c safe.directory='*' -C /srv/repo.git branch a/b; git clone -q --depth 1 -b a/b file:///srv/repo.git " +
            "/opt/tree; git -C /opt/tree pack-refs --all");
        Commit("3");
        system.Shell("git -c safe.directory='*' -C /srv/repo.git branch -f a/b master");
        Assert.Empty(system.Run("git: {url: file:///srv/repo.git, path: /opt/tree, branch: a/b}").Problems);
        Assert.Equal(("3\n", "a/b\n", ""),
            (system.Read("/opt/tree/f"), system.Shell("git -C /opt/tree branch --show-current"),
            system.Shell("git -C /opt/tree status --short; git -C /opt/tree fsck --no-dangling 2>&1 | grep -v ^notice || :; ls -A /run")));
    }
}
