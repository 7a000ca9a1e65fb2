namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>
/// What a stage has looked up for one entry is used for the next one only if nothing can have changed it. These are the ways to change it.
/// </summary>
public sealed class TreeMemoryTests : IDisposable
{
    private const string Late = "{s.after: [{files: [{path: /log, content: after}]}]}";

    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    private void Link(string path, string target) => File.CreateSymbolicLink(root.At(path), target);

    [Theory]
    [InlineData("/oem/1.yaml")]
    [InlineData("/oem/0.yml")]
    [InlineData("/oem/new/directory/1.yaml")]
    [InlineData("/oem/old.yaml")]
    [InlineData("/linked/1.yaml")]
    [InlineData("/etc/dangling")]
    [InlineData("/etc/link")]
    [InlineData("/etc/target")]
    [InlineData("/late/1.yaml")]
    [InlineData("/file")]
    [InlineData("/cloud.conf")]
    public void A_pass_finds_a_config_that_only_a_files_key_has_written(string path)
    {
        root.Put("/oem/old.yaml", "stages: {}", "0644");
        root.Put("/oem/target.yaml", "stages: {}", "0644");
        Link("/linked", "/oem");
        Link("/etc/dangling", "/oem/2.yaml");
        Link("/etc/link", "/oem/target.yaml");
        if (path == "/etc/target") Link("/oem/3.yaml", path);
        Link("/file", "/cloud.conf");
        root.Put("/oem/0.yaml", $"stages: {{s: [{{files: [{{path: {path}, content: 'stages: {Late}'}}]}}]}}", "0644");
        var report = root.Run("s", ["/oem", "/late/", "/file"]);
        Assert.DoesNotContain(report.Problems, problem => problem.Reason != "broken link");
        Assert.Equal("after", root.Read("/log"));
    }

    [Fact]
    public void An_entry_that_only_writes_other_files_does_not_change_what_the_next_pass_runs()
    {
        root.Put("/oem/0.yaml", """
            stages:
              s: [{files: [{path: /etc/a/b.conf, content: x}], environment: {A: b}}]
              s.after: [{files: [{path: /etc/a/c.conf, content: x}]}]
            """, "0644");
        var report = root.Run("s", ["/oem", "/missing"]);
        Assert.Empty(report.Problems);
        Assert.Equal((2, "x", "x"), (report.EntriesRun, root.Read("/etc/a/b.conf"), root.Read("/etc/a/c.conf")));
    }

    [Theory]
    [InlineData("commands: ['busybox mv /srv/d /srv/old && mkdir /srv/d']")]
    [InlineData("commands: ['busybox mv /srv/d /srv/old && busybox ln -s ../etc /srv/d']")]
    [InlineData("if: 'busybox mv /srv/d /srv/old && mkdir /srv/d && grep -q x /etc/hosts'")]
    public void A_file_gets_into_the_directory_that_has_the_path_now(string between)
    {
        root.Put("/srv/d/old", "x", "0644");
        root.Put("/oem/90.yaml", $$"""
            stages:
              s:
              - files: [{path: /srv/d/a, content: x}]
              - {{between}}
              - files: [{path: /srv/d/b, content: x}]
            """, "0644");
        Assert.Empty(root.Run("s", ["/oem"]).Problems);
        Assert.True(root.Has("/srv/d/b"));
        Assert.Equal((true, false), (root.Has("/srv/old/a"), root.Has("/srv/old/b")));
    }

    [Fact]
    public void A_directory_that_now_belongs_to_a_user_gets_directories_of_that_user()
    {
        root.Put("/srv/d/old", "x", "0644");
        root.Put("/oem/90.yaml", """
            stages:
              s:
              - files: [{path: /srv/d/a, content: x}]
              - directories: [{path: /srv/d, owner: 5, group: 6, permissions: 0755}]
              - files: [{path: /srv/d/sub/b, content: x}]
            """, "0644");
        Assert.Empty(root.Run("s", ["/oem"]).Problems);
        Assert.Equal("0755 5:6", root.ModeAndOwner("/srv/d"));
        Assert.Equal("0755 5:6", root.ModeAndOwner("/srv/d/sub"));
    }

    [Fact]
    public void Files_are_listed_for_a_relabel_as_soon_as_an_entry_has_written_the_configuration_of_SELinux()
    {
        Directory.CreateDirectory(root.At("/run/kairosboot"));
        root.Put("/oem/90.yaml", """
            stages:
              s:
              - files: [{path: /etc/a, content: x}, {path: /etc/b, content: x}]
              - files: [{path: /etc/selinux/config, content: SELINUX=enforcing}]
              - files: [{path: /etc/c, content: x}]
              - files: [{path: /etc/selinux/config, content: SELINUX=disabled}]
              - files: [{path: /etc/d, content: x}]
            """, "0644");
        Assert.Empty(root.Run("s", ["/oem"]).Problems);
        Assert.Equal("/etc/selinux/config\n/etc/selinux\n/etc/c\n", root.Read("/run/kairosboot/relabel"));
    }
}
