using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>Documents that run in a scratch root, in the stage <c>initramfs</c> unless another one is given.</summary>
public sealed class ConformanceTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    private static string Entry(string keys) => "stages:\n  initramfs:\n  - name: e\n    " + keys.Replace("\n", "\n    ") + "\n";

    private StageReport RunEntry(string keys) => root.Run(Entry(keys));

    [Theory]
    [InlineData("{path: /a/f, content: x}", "0644 0:0", "0755 0:0")]
    [InlineData("{path: /a/f, permissions: 0600, content: x}", "0600 0:0", "0700 0:0")]
    [InlineData("{path: /a/f, permissions: 0640, owner: 5, group: 6, content: x}", "0640 5:6", "0750 5:6")]
    [InlineData("{path: /a/f, permissions: '0755', content: x}", "0755 0:0", "0755 0:0")]
    [InlineData("{path: /a/f, permissions: 420, content: x}", "0644 0:0", "0755 0:0")]
    [InlineData("{path: /a/f, permissions: 04755, owner: 1, content: x}", "4755 1:0", "0755 1:0")]
    [InlineData("{path: /a/f, ownerstring: daemon, content: x}", "0644 1:1", "0755 1:1")]
    [InlineData("{path: /a/f, owner_string: 'daemon:adm', content: x}", "0644 1:4", "0755 1:4")]
    [InlineData("{path: /a/f, ownerstring: '7:8', content: x}", "0644 7:8", "0755 7:8")]
    public void Files_and_their_new_directories_get_mode_and_owner(string file, string expected, string parent)
    {
        Assert.Empty(RunEntry($"files:\n- {file}").Problems);
        Assert.Equal("x", root.Read("/a/f"));
        Assert.Equal(expected, root.ModeAndOwner("/a/f"));
        Assert.Equal(parent, root.ModeAndOwner("/a"));
    }

    [Fact]
    public void A_decimal_mode_is_used_with_a_warning()
    {
        var problem = Assert.Single(RunEntry("files:\n- {path: /f, permissions: 644, content: x}").Problems);
        Assert.True(problem.IsWarning);
        Assert.Contains("write 0644", problem.Reason);
        Assert.Equal("1204 0:0", root.ModeAndOwner("/f"));
    }

    [Fact]
    public void A_file_without_permissions_keeps_its_mode()
    {
        root.Put("/etc/sudoers", "old", "0440");
        RunEntry("files:\n- {path: /etc/sudoers, permsisions: 0600, content: new}");
        Assert.Equal(("new", "0440 0:0"), (root.Read("/etc/sudoers"), root.ModeAndOwner("/etc/sudoers")));
    }

    [Theory]
    [InlineData("content: aGVsbG8=\n  encoding: b64", "hello")]
    [InlineData("content: |\n    aGVs\n    bG8=\n  encoding: base64", "hello")]
    [InlineData("content: e3sgdHJ1bmMgMiAiYWJjIiB9fQ==\n  encoding: b64", "ab")]
    [InlineData("content: H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==\n  encoding: gz+b64", "hello")]
    [InlineData("content: H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==\n  encoding: gzip+base64", "hello")]
    [InlineData("content: 'os {{ .Values.os.vendor }}'", "os debian")]
    [InlineData("content: '{{ .Values.nothing }}'", "<no value>")]
    [InlineData("content: '{{ if }} stays'", "{{ if }} stays")]
    [InlineData("content: 0644", "0644")]
    [InlineData("content: yes", "yes")]
    [InlineData("permissions: 0644", "")]
    public void Content_is_decoded_and_then_its_templates_are_filled_in(string fields, string expected)
    {
        RunEntry($"files:\n- path: /f\n  {fields}");
        Assert.Equal(expected, root.Read("/f"));
    }

    [Fact]
    public void Damaged_content_does_not_change_the_old_file()
    {
        root.Put("/f", "old", "0644");
        var report = RunEntry("files:\n- {path: /f, encoding: b64, content: '***'}\n- {path: /g, content: next}");
        Assert.Contains("base64", Assert.Single(report.Problems).Reason);
        Assert.Equal(("old", "next"), (root.Read("/f"), root.Read("/g")));
    }

    [Fact]
    public void A_link_is_followed_and_stays_a_link()
    {
        root.Put("/real/f", "old", "0600");
        Directory.CreateDirectory(root.At("/etc"));
        File.CreateSymbolicLink(root.At("/etc/f"), "../real/f");
        Assert.Empty(RunEntry("files:\n- {path: /etc/f, permissions: 0640, content: new}").Problems);
        Assert.Equal("../real/f", new FileInfo(root.At("/etc/f")).LinkTarget);
        Assert.Equal(("new", "0640 0:0"), (root.Read("/real/f"), root.ModeAndOwner("/real/f")));
        Assert.Equal(["f"], Directory.GetFileSystemEntries(root.At("/real")).Select(Path.GetFileName));
    }

    [Fact]
    public void A_restricted_file_is_never_seen_with_a_wider_mode_while_it_is_written()
    {
        root.Put("/secret/f", "old", "0600");
        var (seen, wide, done) = (0, 0, false);
        var watcher = new Thread(() =>
        {
            while (!Volatile.Read(ref done))
            {
                foreach (var path in Directory.GetFiles(root.At("/secret")))
                {
                    if (Mono.Unix.Native.Syscall.lstat(path, out var stat) == 0 && ++seen > 0 && ((int)stat.st_mode & Octal.O077) != 0)
                        wide++;
                }
            }
        });
        watcher.Start();
        var content = new byte[1 << 20];
        root.Inside(() =>
        {
            Syscall.UMask(0);
            for (var i = 0; i < 200; i++) AtomicFile.Write("/secret/f", content, mode: Octal.O600, uid: 5, gid: 5);
        });
        Volatile.Write(ref done, true);
        watcher.Join();
        Assert.True(seen > 200);
        Assert.Equal(0, wide);
    }

    [Theory]
    [InlineData("{content: x}", "path is missing")]
    [InlineData("{path: relative, content: x}", "not an absolute path")]
    [InlineData("{path: /etc, content: x}", "is a directory")]
    [InlineData("{path: /etc/passwd/f, content: x}", "Not a directory")]
    [InlineData("{path: /f, ownerstring: nobody-here, content: x}", "no user 'nobody-here'")]
    [InlineData("{path: /f, content: [x]}", "a list instead of a text")]
    [InlineData("{path: /f, owner: me}", "a whole number")]
    [InlineData("{path: /f, permissions: rw}", "octal mode")]
    [InlineData("{path: /f, encoding: rot13, content: x}", "unknown encoding")]
    [InlineData("text", "a text instead of a mapping")]
    public void A_bad_file_item_is_one_problem_and_the_next_item_is_written(string file, string reason)
    {
        var report = RunEntry($"files:\n- {file}\n- {{path: /next, content: x}}");
        var problem = Assert.Single(report.Problems);
        Assert.Contains(reason, problem.Reason);
        Assert.Equal(("/oem/90.yaml", 5, "e"), (problem.File, problem.Line, problem.Entry));
        Assert.True(root.Has("/next"));
    }

    [Fact]
    public void New_directories_get_mode_and_owner_at_every_level()
    {
        root.Put("/keep/f", "", "0644");
        Assert.Equal(0, Mono.Unix.Native.Syscall.chmod(root.At("/keep"),
            Mono.Unix.Native.FilePermissions.S_IRUSR | Mono.Unix.Native.FilePermissions.S_IXUSR));
        Assert.Empty(RunEntry("""
            directories:
            - path: /keep
            - path: /d/e/
            - {path: /s, permissions: 01777}
            - {path: /o/p, permissions: 0700, owner: 3, group: 4}
            - {path: /tmp, permissions: 0711}
            """).Problems);
        Assert.Equal(["0500 0:0", "0755 0:0", "0755 0:0", "1777 0:0", "0700 3:4", "0700 3:4", "0711 0:0"],
            new[] { "/keep", "/d", "/d/e", "/s", "/o", "/o/p", "/tmp" }.Select(root.ModeAndOwner));
    }

    [Fact]
    public void Commands_run_in_order_in_separate_shells_also_after_a_failure()
    {
        var report = RunEntry(
            "commands:\n- X=1; echo a >> /log\n- echo \"b$X\" >> /log; echo told; exit 3\n- 'echo {{ trunc 1 \"cd\" }} >> /log'\n");
        Assert.Equal("a\nb\nc\n", root.Read("/log"));
        Assert.Equal("command 2: exit code 3", Assert.Single(report.Problems).Reason);
        Assert.Contains("e: told", root.Log);
    }

    [Fact]
    public void Commands_may_be_a_single_text()
    {
        Assert.Empty(RunEntry("commands: echo one > /log").Problems);
        Assert.Equal("one\n", root.Read("/log"));
    }

    [Fact]
    public void A_command_that_hangs_is_killed_with_its_children()
    {
        var report = root.Run(Entry("commands:\n- sleep 600 & sleep 600\n- echo after > /log"), limit: TimeSpan.FromSeconds(3));
        Assert.Contains("killed", Assert.Single(report.Problems).Reason);
        Assert.Equal("after\n", root.Read("/log"));
    }

    [Fact]
    public void Without_a_shell_common_conditions_work_and_others_are_problems()
    {
        File.Delete(root.At("/bin/sh"));
        var report = root.Run(
            "stages:\n  initramfs:\n  - {name: native, if: '[ -e /etc/passwd ]', files: [{path: /a}]}\n  - {name: shell, if: 'id', " +
            "files: [{path: /b}]}\n");
        Assert.Equal((true, false), (root.Has("/a"), root.Has("/b")));
        Assert.Equal(("shell", "if", "this root has no /bin/sh"), report.Problems.Select(p => (p.Entry, p.Key, p.Reason)).Single());
        Assert.Equal((1, 1), (report.EntriesRun, report.EntriesSkipped));
    }

    [Theory]
    [InlineData("if: '[ -f /etc/passwd ]'", true)]
    [InlineData("if: '[ -f /nothing ]'", false)]
    [InlineData("if: cat /etc/passwd | grep -q root", true)]
    [InlineData("if: 'test \"{{ .Values.os.vendor }}\" = debian'", true)]
    [InlineData("if: [a, list]", false)]
    [InlineData("only_os: Ubuntu.*|Debian.*", true)]
    [InlineData("only_os: debian", false)]
    [InlineData("only_os: (?i)debian", true)]
    [InlineData("only_os: ^(?!ubuntu).*", false)]
    [InlineData("only_os_version: ^12$", true)]
    [InlineData("only_arch: amd64|arm64|riscv64", true)]
    [InlineData("only_arch: s390", false)]
    [InlineData("only_service_manager: systemd", false)]
    [InlineData("if_files: {all: [/etc/passwd, /etc/group]}", true)]
    [InlineData("if_files: {all: [/etc/passwd, /no]}", false)]
    [InlineData("if_files: {any: [/etc/passwd, /no]}", true)]
    [InlineData("if_files: {none: [/no]}", true)]
    [InlineData("if_files: {none: [/no], any: [/no]}", false)]
    [InlineData("if_files: {some: [/no]}", false)]
    [InlineData("node: .", true)]
    [InlineData("node: no-such-node", false)]
    public void Conditions_decide_whether_an_entry_runs(string condition, bool runs)
    {
        var report = RunEntry($"{condition}\nfiles: [{{path: /ran}}]");
        Assert.Equal(runs, root.Has("/ran"));
        Assert.Equal(runs ? (1, 0) : (0, 1), (report.EntriesRun, report.EntriesSkipped));
    }

    [Theory]
    [InlineData("/usr/bin/systemctl", null, "systemd", true)]
    [InlineData("/usr/bin/systemctl", null, "OpenRC", false)]
    [InlineData("/sbin/openrc", null, "OpenRC", true)]
    [InlineData("/sbin/openrc", "/bin/systemctl", "systemd", false)]
    public void The_service_manager_is_found_by_its_program(string program, string? other, string wanted, bool runs)
    {
        root.Put(program, "", "0755");
        if (other is not null) root.Put(other, "", "0755");
        RunEntry($"only_service_manager: {wanted}\nfiles: [{{path: /ran}}]");
        Assert.Equal(runs, root.Has("/ran"));
    }

    [Fact]
    public void Environment_merges_sorts_and_quotes()
    {
        root.Put("/run/cos/x.env", "# comment\nOLD=\"kept $A\"\nB=old\n", "0600");
        Assert.Empty(root.Run("""
            stages:
              rootfs:
              - environment_file: /run/cos/x.env
                environment: {B: new value, A: 1, Z: 007}
              - environment_file: /run/cos/x.env
                environment: {VENDOR: "{{ .Values.os.vendor }}", E: ~, Q: 'a"b$c!`\'}
              - environment: {PLAIN: x}
              - environment_file: /run/new/y.env
              - environment_file: /run/new/z.env
                environment: {V: w}
            """, "rootfs").Problems);
        Assert.Equal("A=1\nB=\"new value\"\nE=\"\"\nOLD=\"kept \"\nQ=\"a\\\"b\\$c\\!\\`\\\\\"\nVENDOR=\"debian\"\nZ=\"007\"\n",
            root.Read("/run/cos/x.env"));
        Assert.Equal("0644 0:0", root.ModeAndOwner("/run/cos/x.env"));
        Assert.Equal("PLAIN=\"x\"\n", root.Read("/etc/environment"));
        Assert.Equal((false, "0744 0:0"), (root.Has("/run/new/y.env"), root.ModeAndOwner("/run/new")));
    }

    [Fact]
    public void Hostname_sets_the_kernels_name_and_both_files()
    {
        root.Put("/etc/hosts", "# x\n127.0.0.1\tlocalhost\n  ::1 ip6  \n127.0.0.10 other\n", "0640");
        root.Put("oem/90.yaml", Entry("hostname: kairos-{{ trunc 4 .MachineID }}"), "0644");
        string? name = null;
        root.Inside(() =>
        {
            new StageRunner(["/oem"], new StageFacts(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).Run("initramfs");
            name = Syscall.GetHostName();
        });
        Assert.Equal("kairos-0123", name);
        Assert.NotEqual("kairos-0123", Syscall.GetHostName());
        Assert.Equal("kairos-0123\n", root.Read("/etc/hostname"));
        Assert.Equal("# x\n127.0.0.1 localhost kairos-0123\n::1 ip6\n127.0.0.10 other\n", root.Read("/etc/hosts"));
        Assert.Equal("0640 0:0", root.ModeAndOwner("/etc/hosts"));
    }

    [Theory]
    [InlineData("'{{ .Nope }}'", "Nope")]
    [InlineData("'{{ trunc }}'", "trunc")]
    [InlineData("'two words'", "not a host name")]
    public void A_host_name_that_fails_changes_nothing(string hostname, string reason)
    {
        Assert.Contains(reason, Assert.Single(RunEntry($"hostname: {hostname}").Problems).Reason);
        Assert.False(root.Has("/etc/hostname"));
    }

    [Fact]
    public void Host_name_templates_know_random_names()
    {
        Assert.Empty(RunEntry("hostname: '{{ .UUID }}-{{ trunc 4 .Random }}-{{ trunc 8 .ProtectedID }}'").Problems);
        Assert.Matches("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9a-z]{4}-[0-9a-f]{8}\n$", root.Read("/etc/hostname"));
    }

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
    public void Modules_sysctl_and_units_go_to_the_tools_of_the_image()
    {
        root.Put("/bin/modprobe", "#!/bin/sh\necho modprobe \"$@\" >> /log\n", "0755");
        root.Put("/usr/bin/systemctl", "#!/bin/sh\necho systemctl \"$@\" >> /log\n[ \"$2\" != bad ]\n", "0755");
        root.Put("/proc/sys/net/ipv4/ip_forward", "0", "0644");
        root.Put("/proc/sys/net/ipv4/conf/eth0.1/forwarding", "0", "0644");
        var report = RunEntry("""
            systemctl:
              start: [d]
              mask: [c]
              enable: [a, bad]
              disable: [b]
              overrides: [{service: x, content: "[Service]"}, {service: y.socket, name: z, content: "[Socket]"}]
            modules: [loop max_loop=4]
            sysctl: {net.ipv4.ip_forward: 1, net/ipv4/conf/eth0.1/forwarding: 1, no.such.name: 1}
            """);
        Assert.Equal("modprobe -- loop max_loop=4\nsystemctl enable a\nsystemctl enable bad\nsystemctl disable b\nsystemctl mask c\n" +
            "systemctl start d\n", root.Read("/log"));
        Assert.Equal(["sysctl", "systemctl.enable"], report.Problems.Select(p => p.Key));
        Assert.Equal(("1", "1"), (root.Read("/proc/sys/net/ipv4/ip_forward"), root.Read("/proc/sys/net/ipv4/conf/eth0.1/forwarding")));
        Assert.Equal("[Service]", root.Read("/etc/systemd/system/x.service.d/override-yip.conf"));
        Assert.Equal("[Socket]", root.Read("/etc/systemd/system/y.socket.d/z.conf"));
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
        var problems = ConfigLint.Check("stages:\n  a: [{files: [{path: /x, owner: me}]}]\n  b: [{comands: [x]}]\n  c: text\n", "f.yaml");
        Assert.Equal([(2, "files.owner", false), (3, "comands", true), (4, "stages.c", false)],
            problems.Select(p => (p.Line, p.Key, p.IsWarning)));
        Assert.Equal((2, 1, false), ConfigLint.Check("a: [\n", "f").Select(p => (p.Line, p.Column, p.IsWarning)).Single());
        var layout = ConfigLint.Check(
            "stages:\n  a:\n    - layout:\n        device: {label: X, init_disk: maybe}\n        expand_partition: {size: all}\n        " +
            "add_partitions: [{filesystem: zfs}]\n", "f").Where(p => p.Key.Length > 0);
        Assert.Equal([(4, "layout.device.init_disk"), (5, "layout.expand_partition.size"), (6, "layout.add_partitions.filesystem")],
            layout.Select(p => (p.Line, p.Key)));
        Assert.Empty(ConfigLint.Check("install: {device: auto}\nstages: {x: [{}]}\n", "f"));
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
    [InlineData("content: same, permissions: 0600", true)]
    [InlineData("content: diff, permissions: 0600", false)]
    [InlineData("content: longer, permissions: 0600", false)]
    [InlineData("content: same, permissions: 0640", false)]
    [InlineData("content: same, permissions: 0600, owner: 7", false)]
    public void An_unchanged_file_is_not_written(string file, bool stays)
    {
        RunEntry("files: [{path: /f, content: same, permissions: 0600}]");
        Assert.Equal(0, Mono.Unix.Native.Syscall.lstat(root.At("/f"), out var before));
        Assert.Empty(RunEntry($"files: [{{path: /f, {file}}}]").Problems);
        Assert.Equal(0, Mono.Unix.Native.Syscall.lstat(root.At("/f"), out var after));
        Assert.Equal(stays, before.st_ino == after.st_ino);
    }
}
