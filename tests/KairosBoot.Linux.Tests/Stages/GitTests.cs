namespace KairosBoot.Linux.Tests.Stages;

/// <summary>The key git with real git: from a directory, over HTTP with a password, over SSH with a key.</summary>
public sealed class GitTests : IDisposable
{
    private readonly BootedSystem system = new();

    public GitTests() => system.Shell("""
        git config --global user.name n; git config --global user.email e; git config --global init.defaultBranch master
        git init -q /srv/work; cd /srv/work; echo 1 > f; git add f; git commit -qm 1; git branch other
        git clone -q --bare /srv/work /srv/repo.git; git -C /srv/repo.git update-server-info
        """);

    public void Dispose() => system.Dispose();

    private void Commit(string content) =>
        system.Shell($"cd /srv/work; echo {content} > f; git commit -qam {content}; git push -q -f /srv/repo.git master other; git -C " +
            "/srv/repo.git update-server-info");

    [Fact]
    public void A_tree_follows_its_branch_in_spite_of_local_changes()
    {
        const string Key = "git: {url: file:///srv/repo.git, path: /opt/a/tree}";
        Assert.Empty(system.Run(Key).Problems);
        Assert.Equal("1\n", system.Read("/opt/a/tree/f"));
        Assert.Contains("origin/other", system.Shell("git -C /opt/a/tree branch -r"));
        system.Shell("cd /opt/a/tree; echo mine > f; echo new > untracked; git checkout -q -b aside");
        Commit("2");
        Assert.Empty(system.Run(Key).Problems);
        Assert.Equal(("2\n", "new\n", "master"),
            (system.Read("/opt/a/tree/f"), system.Read("/opt/a/tree/untracked"),
            system.Shell("git -C /opt/a/tree branch --show-current").Trim()));
        // A rewritten history is followed, too.
        system.Shell("cd /srv/work; git reset -q --hard HEAD~1");
        Commit("3");
        Assert.Empty(system.Run(Key).Problems);
        Assert.Equal("3\n", system.Read("/opt/a/tree/f"));
    }

    [Fact]
    public void With_branch_only_one_branch_is_fetched()
    {
        Assert.Empty(system.Run("git: {url: file:///srv/repo.git, path: /opt/tree, branch: other, branch_only: true}").Problems);
        Assert.Equal("other", system.Shell("git -C /opt/tree branch --show-current").Trim());
        Assert.DoesNotContain("master", system.Shell("git -C /opt/tree branch -r"));
    }

    [Fact]
    public void An_interrupted_clone_does_not_count_as_a_clone()
    {
        system.Put("/opt/.tree.kairosboot/.git/half", "");
        Assert.Empty(system.Run("git: {url: file:///srv/repo.git, path: /opt/tree}").Problems);
        Assert.Equal(("1\n", false), (system.Read("/opt/tree/f"), system.Has("/opt/.tree.kairosboot")));
    }

    [Theory]
    [InlineData("git: {url: file:///srv/repo.git, path: /opt/tree, branch: none}",
        "git clone of file:///srv/repo.git, branch none: fatal: Remote branch none not found")]
    [InlineData("git: {url: file:///none, path: /opt/tree}", "fatal: ")]
    [InlineData("git: {url: file:///srv/repo.git, path: opt}", "not an absolute path")]
    [InlineData("git: {url: 'ext::sh -c id', path: /opt/tree}", "not the URL of a repository")]
    [InlineData("git: {url: file:///srv/repo.git, path: /opt/tree, branch: --upload-pack=x}", "is not a branch name")]
    [InlineData("git: {url: file:///srv/repo.git, path: /etc}", "already exists and is not an empty directory")]
    public void A_failed_clone_is_one_problem_and_leaves_no_files(string key, string reason)
    {
        var problem = Assert.Single(system.Run(key + "\ncommands: ['echo ran > /log']").Problems);
        Assert.Contains(reason, problem.Reason);
        Assert.Equal((4, "git", false, "ran\n"), (problem.Line, problem.Key, problem.IsWarning, system.Read("/log")));
        Assert.False(system.Has("/opt/tree") || system.Has("/opt/.tree.kairosboot"));
    }

    [Theory]
    [InlineData("http://127.0.0.1:PORT/repo.git", "{username: me, password: S3CRET}")]
    [InlineData("http://me:S3CRET@127.0.0.1:PORT/repo.git", "{}")]
    public void A_password_goes_to_the_server_and_nowhere_else(string url, string auth)
    {
        var arguments = "";
        using var server = new LocalServer((request, response) =>
        {
            if (request.Headers["Authorization"] != "Basic " + Convert.ToBase64String("me:S3CRET"u8))
            {
                (response.StatusCode, response.Headers["WWW-Authenticate"]) = (401, "Basic realm=\"x\"");
                return null;
            }
            arguments += string.Concat(Directory.GetDirectories("/proc").Where(d =>
                char.IsDigit(Path.GetFileName(d)[0])).Select(CommandLine));
            var path = "/srv" + request.Url!.AbsolutePath;
            // The server thread runs outside. The repository is in the system.
            return served.GetValueOrDefault(path);
        });
        foreach (var path in system.Shell("find /srv/repo.git -type f").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            served[path] = system.Do(() => File.ReadAllBytes(path));
        Assert.Empty(system.Run($"git: {{url: '{url.Replace("PORT", $"{server.Port}")}', path: /opt/tree, auth: {auth}}}").Problems);
        Assert.Equal("1\n", system.Read("/opt/tree/f"));
        Assert.DoesNotContain("S3CRET", system.Read("/opt/tree/.git/config"));
        Assert.Contains("git", arguments);
        Assert.DoesNotContain(system.Log.Append(arguments), text => text.Contains("S3CRET"));
        var problem = Assert.Single(
            system.Run($"git: {{url: 'http://127.0.0.1:{server.Port}/repo.git', path: /opt/other, auth: {{username: me, password: " +
            "WR0NG}}").Problems);
        Assert.DoesNotContain(system.Log.Append(problem.Reason), text => text.Contains("WR0NG"));
    }

    private readonly Dictionary<string, byte[]> served = [];

    private static string CommandLine(string process)
    {
        try { return File.ReadAllText(process + "/cmdline"); }
        catch (IOException) { return ""; } // the process has ended
    }

    [Fact]
    public void A_private_key_works_over_ssh_and_the_host_key_is_checked()
    {
        using var probe = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        probe.Start();
        var port = ((System.Net.IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        system.Shell($"""
            mkdir -p /root/.ssh; chmod 700 /root /root/.ssh
            ssh-keygen -q -t ed25519 -N '' -f /srv/key; cp /srv/key.pub /root/.ssh/authorized_keys; chmod 600 /root/.ssh/authorized_keys
            dropbearkey -t ed25519 -f /srv/host > /srv/host.txt; dropbear -r /srv/host -p 127.0.0.1:{port} -P /srv/pid -E -s
            for i in $(seq 100); do test -s /srv/pid && break; sleep 0.1; done
            """);
        try
        {
            var key = system.Read("/srv/key").Trim().Replace("\n", "\n      ");
            var host = system.Shell("grep ^ssh- /srv/host.txt").Trim();
            string Key(string path, string known) =>
                $"git:\n  url: ssh://root@127.0.0.1:{port}/srv/repo.git\n  path: {path}\n  auth:\n    public_key: {known}\n    " +
                    $"private_key: |\n      {key}";
            Assert.Empty(system.Run(Key("/opt/tree", host)).Problems);
            Assert.Equal("1\n", system.Read("/opt/tree/f"));
            Assert.Contains("git clone", Assert.Single(system.Run(Key("/opt/other", system.Read("/srv/key.pub").Trim())).Problems).Reason);
            Assert.False(system.Has("/opt/other"));
            Assert.Empty(system.Run(Key("/opt/other", host).Replace($"public_key: {host}", "insecure: true")).Problems);
            system.AddEve();
            Assert.Empty(system.Run(Key("/home/eve/tree", host)).Problems);
            Assert.Equal("", system.Shell("find /home/eve ! -uid 4711; ls /run"));
            Assert.DoesNotContain(system.Log, line => line.Contains("PRIVATE KEY"));
        }
        finally { system.Shell("kill $(cat /srv/pid)"); }
    }

    [Fact]
    public void Without_git_the_problem_names_the_package()
    {
        system.Shell("rm /usr/bin/git");
        Assert.Contains("install the package git",
            Assert.Single(system.Run("git: {url: 'https://me:S3CRET@h/x', path: /x}").Problems).Reason);
    }
}
