using KairosBoot.CloudConfig;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>Keys that write one system file or call one program. Each test runs one entry in a scratch root.</summary>
public sealed class KeyTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    private StageReport Run(string keys) => root.Run("stages:\n  initramfs:\n  - name: e\n    " + keys.Replace("\n", "\n    ") + "\n");

    [Theory]
    [InlineData("{nameservers: [1.1.1.1, '2001:db8::1']}", "nameserver 1.1.1.1\nnameserver 2001:db8::1\n")]
    [InlineData("{nameservers: 9.9.9.9, search: [a.example, b.example], options: [timeout:1, rotate]}",
        "search a.example b.example\nnameserver 9.9.9.9\noptions timeout:1 rotate\n")]
    [InlineData("{options: [rotate], nameservers: [1.1.1.1], search: ['.']}", "nameserver 1.1.1.1\noptions rotate\n")]
    [InlineData("{nameservers: [1.1.1.1], search: ['{{ .Values.os.vendor }}'], options: ['']}",
        "search {{ .Values.os.vendor }}\nnameserver 1.1.1.1\n")]
    public void Dns_replaces_resolv_conf(string dns, string expected)
    {
        root.Put("/etc/resolv.conf", "nameserver 10.0.0.1\n", "0644");
        Assert.Empty(Run($"dns: {dns}").Problems);
        Assert.Equal((expected, "0644 0:0"), (root.Read("/etc/resolv.conf"), root.ModeAndOwner("/etc/resolv.conf")));
    }

    [Theory]
    [InlineData("{search: [a.example]}")]
    [InlineData("{nameservers: []}")]
    public void Dns_without_a_name_server_changes_nothing(string dns)
    {
        root.Put("/etc/resolv.conf", "old", "0600");
        Assert.Empty(Run($"dns: {dns}").Problems);
        Assert.Equal(("old", "0600 0:0"), (root.Read("/etc/resolv.conf"), root.ModeAndOwner("/etc/resolv.conf")));
    }

    [Fact]
    public void Dns_accepts_a_path_follows_a_link_and_keeps_the_mode()
    {
        root.Put("/real/resolv", "old", "0600");
        File.CreateSymbolicLink(root.At("/etc/resolv.conf"), "/real/resolv");
        Assert.Empty(Run("dns: {nameservers: [1.1.1.1]}").Problems);
        Assert.Empty(Run("dns: {nameservers: [2.2.2.2], path: /etc/resolv.upstream}").Problems);
        Assert.Equal(("nameserver 1.1.1.1\n", "0600 0:0"), (root.Read("/real/resolv"), root.ModeAndOwner("/real/resolv")));
        Assert.Equal(("nameserver 2.2.2.2\n", "0644 0:0"), (root.Read("/etc/resolv.upstream"), root.ModeAndOwner("/etc/resolv.upstream")));
    }

    [Theory]
    [InlineData("{nameservers: [\"1.1.1.1\\nnameserver 6.6.6.6\"]}", "contains a line break")]
    [InlineData("{nameservers: [1.1.1.1], path: resolv.conf}", "not an absolute path")]
    [InlineData("{nameservers: [1.1.1.1], path: /nowhere/resolv.conf}", "No such file")]
    [InlineData("{nameservers: [1.1.1.1], path: /etc/dangling}", "a link to ../run/systemd/resolve/stub-resolv.conf")]
    [InlineData("{nameservers: [[1.1.1.1]], search: x}", "a list instead of a text")]
    public void Unwritable_name_servers_are_one_problem(string dns, string reason)
    {
        File.CreateSymbolicLink(root.At("/etc/dangling"), "../run/systemd/resolve/stub-resolv.conf");
        var problem = Assert.Single(Run($"dns: {dns}\ncommands: [echo ran > /log]").Problems);
        Assert.Contains(reason, problem.Reason);
        Assert.Equal((4, "e", false), (problem.Line, problem.Entry, problem.IsWarning));
        Assert.Equal("ran\n", root.Read("/log"));
        Assert.False(root.Has("/etc/resolv.conf"));
    }

    [Theory]
    [InlineData(null, "{NTP: 0.pool}", "[Time]\nNTP = 0.pool\n")]
    [InlineData(null, "{NTP: '0.pool 1.pool', FallbackNTP: x, RootDistanceMaxSec: 5}",
        "[Time]\nNTP                = 0.pool 1.pool\nFallbackNTP        = x\nRootDistanceMaxSec = 5\n")]
    [InlineData("# mine\n[Time]\nNTP=old\n# why\nNTP=older\nPollIntervalMinSec=32\n[Other]\nNTP=kept\n", "{NTP: new, FallbackNTP: }",
        "# mine\n[Time]\nNTP                = new\n# why\nPollIntervalMinSec = 32\nFallbackNTP        = \n[Other]\nNTP=kept\n")]
    [InlineData("[Other]\nA=b\n", "{NTP: new}", "[Other]\nA=b\n[Time]\nNTP = new\n")]
    public void Timesyncd_settings_are_merged_into_their_section(string? existing, string settings, string expected)
    {
        const string file = "/etc/systemd/timesyncd.conf.d/10-yip.conf";
        Directory.CreateDirectory(root.At("/etc/systemd"));
        if (existing is not null) root.Put(file, existing, "0640");
        Assert.Empty(Run($"timesyncd: {settings}").Problems);
        Assert.Equal(expected, root.Read(file));
        Assert.Equal(existing is null ? "0644 0:0" : "0640 0:0", root.ModeAndOwner(file));
        Assert.Empty(Run($"timesyncd: {settings}").Problems);
        Assert.Equal(expected, root.Read(file));
    }

    [Theory]
    [InlineData("{'N=TP': x}", "'N=TP' is not the name of a setting")]
    [InlineData("{NTP: \"a\\n[Other]\"}", "contains a line break")]
    [InlineData("{NTP: [a]}", "a list instead of a text")]
    public void An_invalid_timesyncd_setting_is_ignored(string settings, string reason)
    {
        Directory.CreateDirectory(root.At("/etc/systemd"));
        Assert.Contains(reason, Assert.Single(Run($"timesyncd: {settings}").Problems).Reason);
        Assert.False(root.Has("/etc/systemd/timesyncd.conf.d"));
    }

    [Fact]
    public void Without_systemd_there_is_no_file_for_timesyncd()
    {
        Assert.Contains("this root has no /etc/systemd", Assert.Single(Run("timesyncd: {NTP: x}").Problems).Reason);
        Assert.False(root.Has("/etc/systemd"));
        Assert.Empty(Run("timesyncd: {}").Problems);
    }

    [Fact]
    public void Systemd_firstboot_is_called_once_with_its_options_in_order()
    {
        root.Put("/usr/bin/systemd-firstboot", "#!/bin/sh\nfor a in \"$@\"; do echo \"<$a>\" >> /log; done\n", "0755");
        Assert.Empty(Run("systemd_firstboot: {TimeZone: Europe/Rome, setup-machine-id: true, keymap: it, copy: no, Locale: 'C x'}")
            .Problems);
        Assert.Equal("<--copy=no>\n<--keymap=it>\n<--locale=C x>\n<--setup-machine-id>\n<--timezone=Europe/Rome>\n", root.Read("/log"));
        Assert.Empty(Run("systemd_firstboot: {}").Problems);
    }

    [Fact]
    public void A_root_without_systemd_firstboot_is_a_problem()
    {
        Assert.Equal("this root has no systemd-firstboot", Assert.Single(Run("systemd_firstboot: {keymap: it}").Problems).Reason);
    }

    [Fact]
    public void Output_and_failure_of_systemd_firstboot_are_logged_without_passwords()
    {
        root.Put("/usr/bin/systemd-firstboot", "#!/bin/sh\necho \"unrecognized option '$2' near $1\"; exit 1\n", "0755");
        var report = Run("systemd_firstboot: {hostname: h, root-pasword: S3CRET}");
        Assert.Equal("systemd-firstboot: exit code 1", Assert.Single(report.Problems).Reason);
        Assert.Contains("e: unrecognized option '--root-pasword=(hidden)' near --hostname=h", root.Log);
        Run("systemd_firstboot: {hostname: h, root-password-hashed: S3CRET, root-password: S3CRETS3CRET}");
        Assert.DoesNotContain(root.Log, line => line.Contains("S3CRET"));
        Assert.Contains("exit code 1", Assert.Single(Run("systemd_firstboot: {hostname: h}").Problems).Reason);
    }

    private const string Svc = "kind: user\nusername: svc\npassword: x\nuid: 200\ngid: 4\ninfo: I\nhomedir: /svc\nshell: /bin/false";

    [Theory]
    [InlineData("kind: group\ngroup_name: adm", "/etc/group", "adm:")]
    [InlineData("kind: group\ngroup_name: '{{ \"adm\" }}'\ngid: 77\nusers: nobody", "/etc/group", "adm:")]
    [InlineData(Svc, "/etc/passwd", "svc:")]
    [InlineData("kind: user\nusername: svc\nuid: 200\ngid: 4\ninfo: I\nhomedir: /svc\nshell: /bin/false", "/etc/passwd", "svc:")]
    [InlineData("kind: shadow\nusername: svc\npassword: '$6$a$b'\nlast_changed: 19000\nmaximum_changed: 99999", "/etc/shadow", "svc:")]
    [InlineData("kind: gshadow\ngroup_name: adm\nmembers: daemon", "/etc/gshadow", "adm:")]
    public void The_given_row_is_removed_and_the_others_keep_their_bytes(string entity, string file, string row)
    {
        PutAccounts();
        var before = root.Read(file).Split('\n');
        Assert.Empty(Delete(entity).Problems);
        Assert.Equal(before.Where(line => !line.StartsWith(row, StringComparison.Ordinal)), root.Read(file).Split('\n'));
        Assert.Equal(before.Length - 1, root.Read(file).Split('\n').Length);
        Assert.Empty(Delete(entity).Problems);
    }

    [Theory]
    [InlineData("kind: user\nusername: svc\nuid: 201\ngid: 4\ninfo: I\nhomedir: /svc\nshell: /bin/false", true,
        "svc stays in /etc/passwd: its row differs from the given one")]
    [InlineData("kind: user\nusername: root", true, "root stays in /etc/passwd")]
    [InlineData("kind: shadow\nusername: svc\npassword: S3CRET", true, "svc stays in /etc/shadow")]
    [InlineData("kind: group\ngroup_name: 'a:b'", false, "invalid account name")]
    [InlineData("kind: house\nusername: x", false, "kind is not user, group, shadow or gshadow")]
    [InlineData("[", false, "entity: line")]
    [InlineData("kind: gshadow\nname: adm\npassword: S3CRET", true, "adm stays in /etc/gshadow")]
    public void A_row_that_differs_from_the_given_one_stays(string entity, bool isWarning, string reason)
    {
        PutAccounts();
        var before = Accounts();
        var problem = Assert.Single(Delete(entity).Problems);
        Assert.Equal((isWarning, "delete_entities"), (problem.IsWarning, problem.Key));
        Assert.Contains(reason, problem.Reason);
        Assert.DoesNotContain("S3CRET", problem.Reason);
        Assert.Equal(before, Accounts());
    }

    [Fact]
    public void A_missing_group_removes_no_line_and_path_names_another_file()
    {
        PutAccounts();
        root.Put("/srv/group", "a:x:1:\nb:x:2:\n", "0600");
        var before = Accounts();
        Assert.Empty(Run("delete_entities: [{entity: \"kind: group\\ngroup_name: none\"}, {path: /srv/group, entity: \"kind: " +
            "group\\ngroup_name: b\"}]").Problems);
        Assert.Equal(before, Accounts());
        Assert.Equal(("a:x:1:\n", "0600 0:0"), (root.Read("/srv/group"), root.ModeAndOwner("/srv/group")));
        Assert.Contains("No such file",
            Assert.Single(Run("delete_entities: [{path: /srv/none, entity: \"kind: group\\ngroup_name: b\"}]").Problems).Reason);
    }

    [Fact]
    public void An_ensured_row_can_be_deleted_with_the_same_text()
    {
        PutAccounts();
        var before = Accounts();
        const string entities =
            "[{entity: \"kind: user\\nusername: u\\nuid: 300\\ngid: 1\"}, {entity: \"kind: shadow\\nusername: u\\nlast_changed: 19000\"}," +
            " {entity: \"kind: group\\ngroup_name: g\\ngid: 300\"}]";
        Assert.Empty(Run("ensure_entities: " + entities).Problems);
        Assert.NotEqual(before, Accounts());
        Assert.Empty(Run("delete_entities: " + entities).Problems);
        Assert.Equal(before, Accounts());
    }

    [Fact]
    public void Keys_take_effect_in_the_order_of_the_table()
    {
        Directory.CreateDirectory(root.At("/etc/systemd"));
        root.Put("/usr/bin/systemctl", "#!/bin/sh\n[ -e /etc/systemd/timesyncd.conf.d ] && echo systemctl >> /log\n", "0755");
        root.Put("/usr/bin/systemd-firstboot", "#!/bin/sh\n[ -e /etc/environment ] && echo firstboot >> /log\n", "0755");
        Assert.Empty(Run("""
            systemd_firstboot: {keymap: it}
            environment: {A: b}
            systemctl: {enable: [a]}
            timesyncd: {NTP: x}
            delete_entities: [{entity: "kind: group\ngroup_name: adm"}]
            commands: ['grep -q adm /etc/group && grep -q 1.1.1.1 /etc/resolv.conf && echo commands >> /log']
            dns: {nameservers: [1.1.1.1]}
            """).Problems);
        Assert.Equal("commands\nsystemctl\nfirstboot\n", root.Read("/log"));
        Assert.DoesNotContain("adm", root.Read("/etc/group"));
    }

    private const string Network = """
        name: e
            downloads: [{path: /d, url: "https://S3CRET@host/x"}]
            git: {url: "https://host/x", auth: {password: S3CRET}}
            packages: {install: [vim]}
            package_pins: {vim: "1"}
            unpack_images: [{source: a, target: /b}]
            files: [{path: /ran}]
        """;

    [Theory]
    [InlineData("rootfs", true, "not in this stage: it works only in stages of the booted system")]
    [InlineData("initramfs.before", true, "not in this stage: it works only in stages of the booted system")]
    [InlineData("boot", false, "works only in the booted system; to fix: use kboot stage run")]
    public void A_booted_key_says_where_it_works_and_the_rest_of_the_entry_runs(string stage, bool isWarning, string reason)
    {
        var report = root.Run($"stages:\n  {stage}:\n  - {Network}", stage.Split('.')[0]);
        Assert.Equal([(4, "downloads"), (5, "git"), (7, "package_pins"), (6, "packages"), (8, "unpack_images")],
            report.Problems.Select(p => (p.Line, p.Key)));
        Assert.All(report.Problems, p => Assert.Equal((isWarning, "e"), (p.IsWarning, p.Entry)));
        Assert.All(report.Problems, p => Assert.StartsWith(reason, p.Reason));
        Assert.True(root.Has("/ran"));
        Assert.DoesNotContain(root.Log, line => line.Contains("S3CRET"));
    }

    private StageReport Delete(string entity) => Run("delete_entities:\n- entity: |\n    " + entity.Replace("\n", "\n    "));

    private void PutAccounts()
    {
        root.Put("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nsvc:x:200:4:I:/svc:/bin/false\nother svc:x:1:1:::\n", "0644");
        root.Put("/etc/shadow", "root:*:19000:0:99999:7:::\nsvc:$6$a$b:19000::99999::::\n", "0640");
        root.Put("/etc/gshadow", "adm:!::daemon\nroot:*::\n", "0640");
    }

    private string Accounts() =>
        string.Concat(new[] { "passwd", "group", "shadow", "gshadow" }.Select(file => root.Read("/etc/" + file)
            + root.ModeAndOwner("/etc/" + file)));
}
