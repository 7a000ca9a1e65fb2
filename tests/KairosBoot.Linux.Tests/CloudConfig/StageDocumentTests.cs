using KairosBoot.CloudConfig.Booted;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>
/// Documents, their stages and their faults. Documents run in a scratch root, in the stage <c>initramfs</c> unless another one is given.
/// </summary>
public sealed class StageDocumentTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    [Fact]
    public void Passes_and_files_run_in_order_and_files_are_read_again()
    {
        root.Put("/oem/10/20.yaml", "stages: {s: [{commands: [echo 10/20 >> /log]}]}", "0644");
        root.Put("/oem/10.yaml",
            "stages: {s: [{commands: [echo 10.yaml >> /log]}], s.before: [{files: [{path: /oem/95.yaml, content: 'stages: {s.after: " +
            "[{commands: [echo new >> /log]}]}'}]}]}", "0644");
        root.Put("/oem/9.yml", "stages: {s: [{commands: [echo 9.yml >> /log]}], s.after: [{commands: [echo after >> /log]}]}", "0644");
        root.Put("/oem/99.txt", "stages: {s: [{commands: [echo txt >> /log]}]}", "0644");
        root.Put("/other/a", "stages: {s: [{commands: [echo direct >> /log]}], s.before: [{commands: [echo before >> /log]}]}", "0644");
        Directory.CreateSymbolicLink(root.At("/linked"), "oem");
        var report = root.Run("s", ["/missing", "/linked", "/oem/", "/other/a"]);
        Assert.Empty(report.Problems);
        Assert.Equal("before 10/20 10.yaml 9.yml direct after new ", root.Read("/log").Replace('\n', ' '));
    }

    [Fact]
    public void A_broken_file_is_one_problem_and_the_files_around_it_run()
    {
        root.Put("/oem/01.yaml", "stages: {initramfs: [{files: [{path: /a}]}]}", "0644");
        root.Put("/oem/02.yaml", "stages:\n  initramfs:\n  - a: [\n", "0644");
        File.CreateSymbolicLink(root.At("/oem/03.yaml"), "/nowhere");
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(root.At("/oem/04.yaml"), Mono.Unix.Native.FilePermissions.S_IRUSR));
        root.Put("/oem/05.yaml", "just text", "0644");
        root.Put("/oem/06.yaml", "stages: {initramfs: [{files: [{path: /b}]}]}", "0644");
        var problems = root.Run("initramfs", ["/oem"]).Problems;
        Assert.Equal(["/oem/02.yaml", "/oem/03.yaml", "/oem/04.yaml", "/oem/05.yaml"], problems.Select(p => p.File));
        Assert.StartsWith("column 1: ", problems[0].Reason);
        Assert.Equal(4, problems[0].Line);
        Assert.True(root.Has("/a") && root.Has("/b"));
        Assert.Equal(4, root.Log.Count(line =>
            problems.Any(p => line.StartsWith(p.File + ":", StringComparison.Ordinal)
            && line.EndsWith(p.Reason, StringComparison.Ordinal))));
    }

    [Fact]
    public void An_unknown_key_is_reported_once_with_the_most_similar_one()
    {
        var report = root.Run(
            "x: &f\n  permsisions: 0600\nstages:\n  s.before: [{files: [{path: /a, <<: *f}]}]\n  s: [{comands: [false], zzz: 1, after: " +
            "[{name: b}]}]\n", "s");
        Assert.Equal(["files.permsisions: not a known key: did you mean permissions?", "comands: not a known key: did you mean commands?",
            "zzz: not a known key"],
            report.Problems.Where(p => p.Key != "after").Select(p => $"{p.Key}: {p.Reason}"));
        Assert.All(report.Problems, p => Assert.True(p.IsWarning));
        Assert.Equal((2, 0), (report.EntriesRun, report.EntriesSkipped));
    }

    [Fact]
    public void A_cloud_config_document_fills_boot_initramfs_and_network()
    {
        const string document = """
            #cloud-config
            hostname: from-cloud
            runcmd: [echo run >> /log, [not, text]]
            write_files: [{path: /w, owner: "daemon:adm", permissions: 0640, content: w}]
            users: [default, {name: me, passwd: "!", ssh_authorized_keys: [ssh-ed25519 AAA me]}]
            ssh_authorized_keys: [ssh-ed25519 BBB all, "github:someone"]
            packages: [vim]
            stages: {boot: [{commands: [echo stage >> /log]}], initramfs: [{commands: [echo own >> /log]}]}
            """;
        root.Run(document);
        Assert.Equal(("from-cloud\n", "own\n", false), (root.Read("/etc/hostname"), root.Read("/log"), root.Has("/w")));
        var boot = root.Run(document, "boot");
        Assert.Equal(("own\nrun\nstage\n", "w", "0640 1:4"), (root.Read("/log"), root.Read("/w"), root.ModeAndOwner("/w")));
        Assert.Equal("ssh-ed25519 AAA me\nssh-ed25519 BBB all\n", root.Read("/home/me/.ssh/authorized_keys"));
        Assert.Equal("runcmd", Assert.Single(boot.Problems).Key);
        Assert.Equal("authorized_keys", Assert.Single(root.Run(document, "network").Problems, p => p.Key != "runcmd").Key);
    }

    [Theory]
    [InlineData("#cloud-config\nhostname: h\n", true)]
    [InlineData("## template: jinja\n\n#cloud-config\nhostname: h\n", true)]
    [InlineData("#cloud-config  \r\nhostname: h\n", true)]
    [InlineData("\uFEFF#cloud-config\nhostname: h\n", true)]
    [InlineData("#cloud-config foo\nhostname: h\n", false)]
    [InlineData("a: b\n#cloud-config\nhostname: h\n", false)]
    [InlineData("#1\n#2\n#3\n#4\n#5\n#6\n#7\n#8\n#9\n#cloud-config\nhostname: h\n", false)]
    public void The_header_decides_the_kind_of_document(string document, bool isCloudConfig)
    {
        root.Run(document);
        Assert.Equal(isCloudConfig, root.Has("/etc/hostname"));
    }

    [Fact]
    public void Check_finds_faults_in_all_stages_without_running_them()
    {
        var problems = ConfigLint.Check(
            "stages:\n  boot: [{files: [{path: /x, owner: me}]}]\n  fs: [{comands: [x]}]\n  network: text\n", "f.yaml");
        Assert.Equal([(2, "files.owner", false), (3, "comands", true), (4, "stages.network", false)],
            problems.Select(p => (p.Line, p.Key, p.IsWarning)));
        Assert.Equal((2, 1, false), ConfigLint.Check("a: [\n", "f").Select(p => (p.Line, p.Column, p.IsWarning)).Single());
        var layout = ConfigLint.Check(
            "stages:\n  boot:\n    - layout:\n        device: {label: X, init_disk: maybe}\n" +
            "        expand_partition: {size: all}\n        " +
            "add_partitions: [{filesystem: zfs}]\n", "f").Where(p => p.Key.Length > 0);
        Assert.Equal([(4, "layout.device.init_disk"), (5, "layout.expand_partition.size"), (6, "layout.add_partitions.filesystem")],
            layout.Select(p => (p.Line, p.Key)));
        Assert.Empty(ConfigLint.Check("install: {device: auto}\nstages: {boot: [{}]}\n", "f"));
        Assert.Contains("did you mean stages", ConfigLint.Check("Stages: {}\n", "f").Single().Reason);
    }

    [Theory]
    [InlineData("stages:\n  rootfs:\n  - files: [{path: /a}]\n")]
    [InlineData("stages:\n  \"root\\u0066s\":\n  - files: [{path: /a}]\n")]
    [InlineData("stages:\n  \"root\\x66s\":\n  - files: [{path: /a}]\n")]
    [InlineData("stages:\n  ? \"root\\\n    fs\"\n  : - files: [{path: /a}]\n")]
    public void A_stage_name_may_be_written_with_escapes(string text)
    {
        Assert.Empty(root.Run(text, "rootfs").Problems);
        Assert.True(root.Has("/a"));
    }

    [Fact]
    public void A_broken_file_without_the_stage_is_reported_by_the_next_stage()
    {
        const string Broken = "stages:\n  initramfs:\n  - name: [\n";
        Assert.Empty(root.Run(Broken, "rootfs").Problems);
        Assert.Contains("column", Assert.Single(root.Run(Broken, "initramfs").Problems).Reason);
    }

    [Fact]
    public void A_file_that_an_entry_writes_is_read_by_later_passes()
    {
        root.Run("""
            stages:
              initramfs.before:
              - commands:
                - "printf 'stages: {initramfs: [{commands: [echo new >> /log]}]}' > /oem/91.yaml"
              initramfs:
              - commands:
                - "printf 'stages: {initramfs.after: [{commands: [echo changed >> /log]}]}' > /oem/91.yaml"
              initramfs.after:
              - commands: [echo same >> /log]
            """);
        Assert.Equal("new\nsame\nchanged\n", root.Read("/log"));
    }

    [Theory]
    [InlineData("stages: [")]
    [InlineData("stages:\n  initramfs:\n  - name: e\n    unknown: 1\n")]
    [InlineData("stages:\n  initramfs:\n  - name: e\n    hostname: a b\n")]
    public void The_log_shows_a_problem_as_the_report_does(string document)
    {
        var problem = Assert.Single(root.Run(document).Problems);
        Assert.Contains(problem.Text, root.Log);
        Assert.DoesNotContain(root.Log, line => line.Contains(": : "));
    }
}
