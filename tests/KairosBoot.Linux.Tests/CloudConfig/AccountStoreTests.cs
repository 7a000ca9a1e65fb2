using KairosBoot.CloudConfig;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>The account files with other writers at the same time, and rows that are not of the config.</summary>
public sealed class AccountStoreTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    private string[] Row(string file, string name) =>
        root.Read(file).Split('\n').Single(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split(':');

    private void RunFrom(string directory, List<string> problems)
    {
        root.Inside(() =>
        {
            foreach (var problem in new StageRunner([directory], new StageFacts(), MessageLog.None).Run("initramfs").Problems)
                lock (problems) problems.Add(problem.Reason);
        });
    }

    [Fact]
    public void Two_runs_of_60_users_and_useradd_at_once_lose_no_account()
    {
        const int Users = 60;
        foreach (var run in (string[])["a", "b"])
        {
            // One entry for each user, so that each takes the lock.
            var entries = string.Concat(Enumerable.Range(0, Users)
                .Select(i => $"  - users: {{{run}{i}: {{passwd: '!', groups: [adm]}}}}\n"));
            root.Put($"/{run}/1.yaml", "stages:\n  initramfs:\n" + entries, "0644");
        }
        var problems = new List<string>();
        var runs = ((string[])["/a", "/b"]).Select(directory => new Thread(() => RunFrom(directory, problems))).ToList();
        runs.ForEach(thread => thread.Start());
        var added = 0;
        while (runs.Exists(thread => thread.IsAlive) && added < 200)
            MountNamespace.Tool("useradd", "--root", root.At("/"), "--no-create-home", "--user-group", $"u{added++}");
        runs.ForEach(thread => thread.Join());

        Assert.Empty(problems);
        Assert.True(added > 1);
        var expected = Enumerable.Range(0, Users).SelectMany(i => new[] { $"a{i}", $"b{i}" })
            .Concat(Enumerable.Range(0, added).Select(i => $"u{i}")).Order().ToList();
        string[][] RowsOf(string file) => [.. root.Read(file).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(':'))];
        foreach (var file in (string[])["/etc/passwd", "/etc/group", "/etc/shadow"])
            Assert.Equal(expected, RowsOf(file).Select(row => row[0]).Where(name => char.IsDigit(name[^1])).Order());
        Assert.Equal(expected.Count + 2, RowsOf("/etc/passwd").Select(row => row[2]).Distinct().Count());
        Assert.Equal(2 * Users + 1, Row("/etc/group", "adm")[3].Split(',').Length);
        Assert.DoesNotContain(Directory.GetFiles(root.At("/etc")), path => path.Contains(".kairosboot-"));
    }

    [Fact]
    public void A_lock_that_is_held_too_long_is_an_error_that_names_the_holder()
    {
        root.Put("/etc/.pwd.lock", "", "0600");
        using var holder = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("perl",
        [
            // struct flock: type F_WRLCK, whence, start, length, pid
            "-e", $"open(F, '>', '{root.At("/etc/.pwd.lock")}'); my $l = pack('s s x4 q q i x4', 1, 0, 0, 0, 0); fcntl(F, 6, $l) or die; " +
                "$| = 1; print \"locked\\n\"; sleep 100",
        ])
        { RedirectStandardOutput = true })!;
        try
        {
            Assert.Equal("locked", holder.StandardOutput.ReadLine());
            var failure = Assert.Throws<OperatorException>(() => root.Inside(() => AccountLock.Take(TimeSpan.FromMilliseconds(100))));
            Assert.Contains($"/etc/.pwd.lock is locked by process {holder.Id} (", failure.Problem);
        }
        finally { holder.Kill(); }
        root.Inside(() => AccountLock.Take(TimeSpan.FromMilliseconds(100))!.Dispose());
    }

    [Fact]
    public void Rows_that_are_not_of_the_config_keep_their_bytes()
    {
        byte[] before =
            [.. "root:x:0:0:root:/root:/bin/sh\n# comment\nodd\n"u8, .. "old:x:7:7:J"u8, 0xFC, .. "rgen:/:/bin/sh\r\n\n+::::::"u8];
        File.WriteAllBytes(root.At("/etc/passwd"), before);
        Assert.Empty(root.RunEntry("users: {u: {passwd: '!'}}").Problems);
        Assert.Equal([.. before, .. "\nu:x:1000:1000:Created by entities:/home/u:/bin/sh\n"u8], File.ReadAllBytes(root.At("/etc/passwd")));
    }

    [Fact]
    public void An_unchanged_account_file_is_not_written()
    {
        const string Users = "users: {u: {passwd: '!', groups: [adm], shell: /bin/sh}}\n" +
            "ensure_entities: [{entity: \"kind: group\\ngroup_name: adm\"}]";
        Assert.Empty(root.RunEntry(Users).Problems);
        ulong[] Inodes() => [.. ((string[])["passwd", "group", "shadow"]).Select(n => Syscall.TryStat(root.At("/etc/" + n))!.Value.Inode)];
        var before = Inodes();
        Assert.Empty(root.RunEntry(Users).Problems);
        Assert.Equal(before, Inodes());
    }

    [Theory]
    [InlineData("groups: 'adm, wheel'")]
    [InlineData("groups: [adm, wheel]")]
    [InlineData("groups: ['adm,wheel']")]
    public void Groups_and_shell_of_an_existing_user_are_set(string groups)
    {
        root.Put("/etc/group", root.Read("/etc/group") + "wheel:x:10:\n", "0644");
        Assert.Empty(root.RunEntry($"users: {{root: {{{groups}, shell: /bin/other}}}}").Problems);
        Assert.Equal(("daemon,root", "root"), (Row("/etc/group", "adm")[3], Row("/etc/group", "wheel")[3]));
        Assert.Equal("root:x:0:0:root:/root:/bin/other", string.Join(':', Row("/etc/passwd", "root")));
        Assert.Equal("*", Row("/etc/shadow", "root")[1]);
    }

    [Theory]
    [InlineData("root")]
    [InlineData("new")]
    public void A_locked_password_has_precedence_over_a_given_one(string user)
    {
        Assert.Empty(root.RunEntry($"users: {{{user}: {{passwd: open, lock_passwd: true}}}}").Problems);
        Assert.Equal("!", Row("/etc/shadow", user)[1]);
    }

    [Theory]
    [InlineData("shadow", "username: root", "/etc/shadow", "root")]
    [InlineData("gshadow", "group_name: adm", "/etc/gshadow", "adm")]
    [InlineData("user", "username: new\\nuid: 5\\ngid: 5", "/etc/passwd", "new")]
    public void A_clear_password_of_an_entity_is_hashed_and_found_again(string kind, string fields, string file, string name)
    {
        root.Put("/etc/gshadow", "adm:!::\n", "0640");
        var entity = $"\"kind: {kind}\\n{fields}\\npassword: elemental{(kind == "shadow" ? "\\nlast_changed: '5'" : "")}\"";
        Assert.Empty(root.RunEntry($"ensure_entities: [{{entity: {entity}}}]").Problems);
        var field = Row(file, name)[1];
        Assert.StartsWith("$6$", field);
        Assert.Equal(Sha512Crypt.Hash("elemental", field.Split('$')[2]), field);
        Assert.Empty(root.RunEntry($"delete_entities: [{{entity: {entity}}}]").Problems);
        Assert.DoesNotContain($"\n{name}:", "\n" + root.Read(file));
    }

    [Theory]
    [InlineData("gid: 901", "901", null)]
    [InlineData("gid: '901'", "901", null)]
    [InlineData("gid: -1", "1000", null)]
    [InlineData("gid: many", null, "gid: 'many' is not an id")]
    public void An_id_of_an_entity_may_be_a_text(string gid, string? expected, string? reason)
    {
        var report = root.RunEntry($"ensure_entities: [{{entity: \"kind: group\\ngroup_name: admin2\\n{gid}\"}}]");
        if (reason is not null) Assert.Contains(reason, Assert.Single(report.Problems).Reason);
        else Assert.Empty(report.Problems);
        Assert.EndsWith(expected is null ? "adm:x:4:daemon\n" : $"\nadmin2:x:{expected}:\n", root.Read("/etc/group"));
    }

    /// <summary>The cases in which a config of a fleet locked its users out.</summary>
    [Theory]
    [InlineData("path: /etc/shadow\n  entity: |\n    kind: \"shadow\"\n    username: \"root\"\n    password: \"elemental\"\n",
        "/etc/shadow", "root:$6$")]
    [InlineData("entity: |\n    kind: group\n    group_name: admin2\n    gid: \"901\"\n", "/etc/group", "admin2:x:901:")]
    public void Entities_of_fleets_take_effect(string item, string file, string expected)
    {
        Assert.Empty(root.RunEntry("ensure_entities:\n- " + item).Problems);
        Assert.Contains(expected, root.Read(file));
    }
}
