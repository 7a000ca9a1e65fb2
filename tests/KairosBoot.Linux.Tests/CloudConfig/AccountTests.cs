using KairosBoot.CloudConfig;

namespace KairosBoot.Linux.Tests.CloudConfig;

public sealed class AccountTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    private StageReport Run(string keys) => root.Run("stages:\n  initramfs:\n  - name: e\n    " + keys.Replace("\n", "\n    ") + "\n");

    private string[] Row(string file, string name) =>
        root.Read(file).Split('\n').Single(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split(':');

    [Fact]
    public void A_new_user_gets_rows_a_group_a_home_and_keys()
    {
        Assert.Empty(Run("""
            users:
              kairos:
                passwd: kairos
                groups: [adm]
                ssh_authorized_keys: [ssh-ed25519 AAA one, ssh-ed25519 AAA, ssh-ed25519 AAA one]
            """).Problems);
        Assert.Equal("kairos:x:1000:1000:Created by entities:/home/kairos:/bin/sh", string.Join(':', Row("/etc/passwd", "kairos")));
        Assert.Equal(["kairos:x:1000:", "adm:x:4:daemon,kairos"],
            new[] { "kairos", "adm" }.Select(g => string.Join(':', Row("/etc/group", g))));
        Assert.Equal("0755 1000:1000", root.ModeAndOwner("/home/kairos"));
        Assert.Equal("0700 1000:1000", root.ModeAndOwner("/home/kairos/.ssh"));
        Assert.Equal("0600 1000:1000", root.ModeAndOwner("/home/kairos/.ssh/authorized_keys"));
        Assert.Equal("ssh-ed25519 AAA one\nssh-ed25519 AAA\n", root.Read("/home/kairos/.ssh/authorized_keys"));

        var shadow = Row("/etc/shadow", "kairos");
        var salt = shadow[1].Split('$')[2];
        Assert.Equal(8, salt.Length);
        Assert.Equal(Sha512Crypt.Hash("kairos", salt), shadow[1]);
        Assert.Equal((DateTime.UtcNow - DateTime.UnixEpoch).Days, int.Parse(shadow[2]));
        Assert.Equal("0640 0:0", root.ModeAndOwner("/etc/shadow"));
    }

    [Theory]
    [InlineData("passwd: '!'", "!", 0)]
    [InlineData("passwd: '*'", "*", 0)]
    [InlineData("passwd: $6$abc$def", "$6$abc$def", 0)]
    [InlineData("{passwd: x, lock_passwd: true}", "!", 0)]
    [InlineData("", "*", 0)]
    [InlineData("passwd: ''", "*", 1)]
    [InlineData("{passwd: '', lock_passwd: false}", "", 0)]
    public void Login_without_a_password_works_only_if_the_config_asks_for_it(string fields, string expected, int problems)
    {
        Assert.Equal(problems,
            Run($"users:\n  u: {(fields.StartsWith('{') || fields.Length == 0 ? fields : "{" + fields + "}")}").Problems.Length);
        Assert.Equal(expected, Row("/etc/shadow", "u")[1]);
    }

    [Fact]
    public void An_existing_user_keeps_its_ids_and_its_home()
    {
        var report = Run("users: {root: {passwd: '$6$new$hash', homedir: /srv, gecos: G, uid: '7'}, daemon: {groups: [adm]}}");
        Assert.Equal("root exists with user id 0, so uid: 7 has no effect", Assert.Single(report.Problems).Reason);
        var row = Row("/etc/shadow", "root");
        Assert.Equal(("$6$new$hash", "99999", "7"), (row[1], row[4], row[5]));
        Assert.Equal("root:x:0:0:root:/root:/bin/sh", string.Join(':', Row("/etc/passwd", "root")));
    }

    [Fact]
    public void Ids_come_from_the_config_an_existing_home_or_the_first_free_one()
    {
        root.Put("/etc/passwd", root.Read("/etc/passwd") + "x:x:1000:1000::/:/bin/sh\n", "0644");
        Directory.CreateDirectory(root.At("/home/old"));
        Assert.Equal(0, Mono.Unix.Native.Syscall.chown(root.At("/home/old"), 1234, 1234));
        Assert.Empty(Run("users: {old: , asked: {uid: 1500, homedir: /srv/a, primary_group: adm, gecos: G, shell: /bin/bash}, next: " +
            "{no_create_home: true}}").Problems);
        Assert.Equal(("1234", "1500", "1001"),
            (Row("/etc/passwd", "old")[2], Row("/etc/passwd", "asked")[2], Row("/etc/passwd", "next")[2]));
        Assert.Equal("asked:x:1500:4:G:/srv/a:/bin/bash", string.Join(':', Row("/etc/passwd", "asked")));
        Assert.Equal((true, false), (root.Has("/srv/a"), root.Has("/home/next")));
    }

    [Theory]
    [InlineData("users: {'a:b': {}}", "invalid account name")]
    [InlineData("users: {'../x': {}}", "invalid account name")]
    [InlineData("users: {u: {gecos: 'a:0:0'}}", "colon")]
    [InlineData("users: {u: {primary_group: nogroup}}", "no group 'nogroup'")]
    [InlineData("users: {u: {uid: abc}}", "not a user id")]
    [InlineData("users: {u: {groups: [nogroup]}}", "no group 'nogroup'")]
    [InlineData("users: {u: {ssh_authorized_keys: ['github:x']}}", "needs the network")]
    [InlineData("authorized_keys: {nobody: [k]}", "no user 'nobody'")]
    public void An_invalid_account_is_a_problem_and_the_next_user_is_added(string keys, string reason)
    {
        var report = Run($"{keys}\ncommands: [echo ran > /log]");
        Assert.Contains(reason, Assert.Single(report.Problems).Reason);
        Assert.True(root.Has("/log"));
        Assert.Empty(Run("users: {zz: {passwd: '!'}}").Problems);
        Assert.Equal("!", Row("/etc/shadow", "zz")[1]);
    }

    [Fact]
    public void A_link_in_a_home_does_not_give_away_a_system_file()
    {
        Run("users: {u: {}}");
        Directory.CreateDirectory(root.At("/home/u/.ssh"));
        File.CreateSymbolicLink(root.At("/home/u/.ssh/authorized_keys"), "/etc/shadow");
        Assert.Contains("belongs to user 1000 but leads to", Assert.Single(Run("authorized_keys: {u: [key]}").Problems).Reason);
        Assert.Equal("0640 0:0", root.ModeAndOwner("/etc/shadow"));
    }

    [Fact]
    public void Entities_add_and_merge_rows()
    {
        root.Put("/etc/gshadow", "root:*::\n", "0640");
        Assert.Empty(Run("""
            ensure_entities:
            - entity: |
                kind: group
                group_name: admin
                password: x
                gid: 900
                users: a,b
            - entity: "kind: group\ngroup_name: adm\nusers: c"
            - entity: "kind: user\nusername: svc\nuid: -1\ngroup: admin\ninfo: I\nhomedir: /svc\nshell: /bin/false"
            - entity: "kind: shadow\nusername: svc\npassword: '!'\nlast_changed: now\nmaximum_changed: 99999"
            - entity: "kind: gshadow\ngroup_name: admin\nmembers: a"
            """).Problems);
        Assert.Equal(["admin:x:900:a,b", "adm:x:4:daemon,c"], new[] { "admin", "adm" }.Select(g => string.Join(':', Row("/etc/group", g))));
        Assert.Equal("svc:x:1000:900:I:/svc:/bin/false", string.Join(':', Row("/etc/passwd", "svc")));
        Assert.Equal(("!", "99999", 9), (Row("/etc/shadow", "svc")[1], Row("/etc/shadow", "svc")[4], Row("/etc/shadow", "svc").Length));
        Assert.Equal("admin:!::a", string.Join(':', Row("/etc/gshadow", "admin")));
    }

    [Fact]
    public void Passwords_and_contents_are_not_in_the_log_or_in_problems()
    {
        var report = Run("""
            users: {u: {passwd: S3CRET-one, gecos: "bad:S3CRET"}, v: {passwd: "$6$S3CRET:two"}, w: {passwd: S3CRET-three, uid: x}}
            files: [{path: /etc/secret, permissions: 0600, content: S3CRET}, {path: /etc/passwd/f, content: S3CRET}, {path: /f, encoding: b64, content: S3CRET!}]
            environment: {TOKEN: S3CRET, "bad name": S3CRET}
            commands: ["exit 4 # S3CRET"]
            ensure_entities: [{entity: "kind: shadow\nusername: u:\npassword: S3CRET"}, {entity: "{S3CRET"}]
            """);
        Assert.True(report.Problems.Length >= 8);
        Assert.DoesNotContain(root.Log.Concat(report.Problems.Select(p => p.ToString())), line => line.Contains("S3CRET"));
    }
}
