namespace KairosBoot.Linux.Tests.Stages;

/// <summary>The key downloads with paths that a user can change.</summary>
public sealed class DownloadsPlaceTests : IDisposable
{
    private readonly BootedSystem system = new();

    public DownloadsPlaceTests()
    {
        system.AddEve();
        system.Shell("mkdir -m 700 /srv/secret; echo secret > /srv/secret/file; chmod 600 /srv/secret/file; echo mine > /srv/secret/x");
    }

    public void Dispose() => system.Dispose();

    [Theory]
    [InlineData("ln -s /srv/secret/file f", "/home/eve/f")]
    [InlineData("ln -s /srv/secret d", "/home/eve/d/x")]
    [InlineData("ln -s /srv/secret d", "/home/eve/d/")]
    [InlineData("ln -s /srv/secret d", "/home/eve/d")]
    [InlineData("ln -s /srv/secret d", "/home/eve/d/new/deep/x")]
    [InlineData("mkdir a; ln -s ../../../srv/secret a/b", "/home/eve/a/b/x")]
    public void A_link_of_a_user_is_refused_and_the_next_item_runs(string plant, string path)
    {
        system.ShellAsEve("cd /home/eve; " + plant);
        var before = system.Shell("ls -lAR --time-style=full-iso /srv; stat -c '%U %a' /srv/secret/file");
        using var server = LocalServer.OfText("x");
        var problem = Assert.Single(
            system.Run($"downloads: [{{path: {path}, url: {server.Address}/x, ownerstring: " +
            $"eve}}, {{path: /opt/next, url: {server.Address}/x}}]").Errors());
        Assert.Contains("belongs to user 4711", problem.Reason);
        Assert.Contains("to fix:", problem.Reason);
        Assert.Equal(before, system.Shell("ls -lAR --time-style=full-iso /srv; stat -c '%U %a' /srv/secret/file"));
        Assert.Equal("x", system.Read("/opt/next"));
    }

    [Theory]
    [InlineData("ln /srv/secret/file /home/eve/f")]
    [InlineData("cp -a /srv/secret/file /home/eve/f; chmod 4755 /home/eve/f")]
    public void A_file_with_wrong_attributes_is_replaced_without_a_newer_one(string plant)
    {
        system.Shell(plant);
        using var server = new LocalServer((request, response) =>
        {
            if (request.Headers["If-Modified-Since"] is null) return "new"u8.ToArray();
            response.StatusCode = 304;
            return null;
        });
        Assert.Empty(system.Run($"downloads: [{{path: /home/eve/f, url: {server.Address}/x, ownerstring: eve}}]").Errors());
        Assert.Equal(("new", "eve 644\n", "root 600\n"),
            (system.Read("/home/eve/f"), system.Shell("stat -c '%U %a' /home/eve/f"), system.Shell("stat -c '%U %a' /srv/secret/file")));
    }

    [Fact]
    public void A_correct_file_of_the_user_is_not_downloaded_again()
    {
        var full = 0;
        using var server = new LocalServer((request, response) =>
        {
            if (request.Headers["If-Modified-Since"] is not null) response.StatusCode = 304;
            else full++;
            return response.StatusCode == 304 ? null : "new"u8.ToArray();
        });
        for (var i = 0; i < 3; i++)
        {
            Assert.Empty(
            system.Run($"downloads: [{{path: /home/eve/a/b/f, url: {server.Address}/x, ownerstring: eve, permissions: 0600}}]").Errors());
        }

        Assert.Equal((1, "eve 700\neve 700\neve 600\n"), (full, system.Shell("stat -c '%U %a' /home/eve/a /home/eve/a/b /home/eve/a/b/f")));
    }

    [Fact]
    public void The_parents_of_a_world_writable_file_are_not_world_writable()
    {
        using var server = LocalServer.OfText("x");
        Assert.Empty(system.Run($"downloads: [{{path: /opt/a/b/f, url: {server.Address}/x, permissions: 0666}}]").Errors());
        Assert.Equal("755\n755\n666\n", system.Shell("stat -c %a /opt/a /opt/a/b /opt/a/b/f"));
    }

    [Fact]
    public void A_link_created_during_the_download_changes_nothing_outside()
    {
        for (var round = 0; round < 5; round++)
        {
            using var server = new LocalServer((_, response) =>
            {
                response.OutputStream.Write("first"u8);
                response.OutputStream.Flush();
                Thread.Sleep(100);
                return "second"u8.ToArray();
            });
            system.Shell("rm -rf /home/eve/d /home/eve/old; mkdir /home/eve/d; chown eve:eve /home/eve/d; setsid sh -c 'while ! ls -A " +
                "/home/eve/d | grep -q kairosboot; do :; done; mv /home/eve/d /home/eve/old; ln -s /srv/secret /home/eve/d' > /dev/null " +
                "2>&1 &");
            system.Run($"downloads: [{{path: /home/eve/d/file, url: {server.Address}/x, ownerstring: eve}}]");
            Assert.Equal(("secret\n", "root 600\n", "file\nx\n"),
                (system.Read("/srv/secret/file"), system.Shell("stat -c '%U %a' /srv/secret/file"), system.Shell("ls -A /srv/secret")));
        }
    }
}
