using KairosBoot.CloudConfig;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>
/// The keys files and directories. Documents run in a scratch root, in the stage <c>initramfs</c> unless another one is given.
/// </summary>
public sealed class FileKeyTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

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
        Assert.Empty(root.RunEntry($"files:\n- {file}").Problems);
        Assert.Equal("x", root.Read("/a/f"));
        Assert.Equal(expected, root.ModeAndOwner("/a/f"));
        Assert.Equal(parent, root.ModeAndOwner("/a"));
    }

    [Fact]
    public void Appended_content_is_added_once_after_the_present_content()
    {
        const string Document = "#cloud-config\nwrite_files:\n- path: /etc/hosts\n  append: true\n  content: \"10.0.0.1 db\\n\"\n";
        var before = root.Read("/etc/hosts");
        Assert.Empty(root.Run(Document, "boot").Problems);
        Assert.Empty(root.Run(Document, "boot").Problems);
        Assert.Equal((before + "10.0.0.1 db\n", "0644 0:0"), (root.Read("/etc/hosts"), root.ModeAndOwner("/etc/hosts")));
        Assert.Empty(root.RunEntry("files: [{path: /new, append: true, content: x}]").Problems);
        Assert.Equal("x", root.Read("/new"));
    }

    [Theory]
    [InlineData("#a=1\\n", "a=1\\n", "#a=1\na=1\n")]
    [InlineData("xa=1\\nb\\n", "a=1\\n", "xa=1\nb\na=1\n")]
    [InlineData("b\\na=1\\nc\\n", "a=1\\n", "b\na=1\nc\n")]
    [InlineData("b", "a\\n", "b\na\n")]
    [InlineData("", "\\na\\n", "\na\n")]
    [InlineData("b", "a", "ba")]
    [InlineData("b", "", "b")]
    public void Appended_lines_are_found_only_as_lines(string present, string content, string expected)
    {
        root.Put("/f", present.Replace("\\n", "\n"), "0644");
        for (var boot = 0; boot < 3; boot++)
        {
            Assert.Empty(root.RunEntry($"files: [{{path: /f, append: true, content: \"{content}\"}}]").Problems);
            Assert.Equal(expected, root.Read("/f"));
        }
    }

    [Fact]
    public void A_deferred_file_is_written_after_the_users_and_before_the_commands()
    {
        var report = root.Run("#cloud-config\nwrite_files: [{path: /home/me/f, owner: 'me:me', defer: true, content: x}]\n" +
            "users: [{name: me, passwd: '*'}]\nruncmd: ['cat /home/me/f > /ran']\n", "boot");
        Assert.Empty(report.Problems);
        Assert.Equal("x", root.Read("/ran"));
        Assert.StartsWith("0644 1", root.ModeAndOwner("/home/me/f"));
    }

    [Fact]
    public void A_decimal_mode_is_used_with_a_warning()
    {
        var problem = Assert.Single(root.RunEntry("files:\n- {path: /f, permissions: 644, content: x}").Problems);
        Assert.True(problem.IsWarning);
        Assert.Contains("write 0644", problem.Reason);
        Assert.Equal("1204 0:0", root.ModeAndOwner("/f"));
    }

    [Fact]
    public void A_file_without_permissions_keeps_its_mode()
    {
        root.Put("/etc/sudoers", "old", "0440");
        root.RunEntry("files:\n- {path: /etc/sudoers, permsisions: 0600, content: new}");
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
        root.RunEntry($"files:\n- path: /f\n  {fields}");
        Assert.Equal(expected, root.Read("/f"));
    }

    [Theory]
    [InlineData("content: H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAApyZXN0\n  encoding: gz+b64", "hello",
        "/f: gzip: 5 bytes after the end of the compressed data; ignored")]
    [InlineData("content: \"\\x1f\\x8b\\x08\\x00\\x00\\x00\\x00\\x00\\x02\\x03" +
        "\\xcb\\x48\\xcd\\xc9\\xc9\\x07\\x00\\x86\\xa6\\x10\\x36\\x05\\x00\\x00\\x00\\x0a\"\n  encoding: gz", "hello",
        "/f: gzip: 1 bytes after the end of the compressed data; ignored")]
    [InlineData("content: H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAB+LCAAAAAAAAgNTKM8vykkBAMtCO0oGAAAA\n  encoding: gz+b64", "hello world", "")]
    public void Content_after_gzip_is_reported_and_does_not_lose_the_file(string fields, string expected, string warning)
    {
        var report = root.RunEntry($"files:\n- path: /f\n  {fields}");
        Assert.Equal((expected, warning), (root.Read("/f"), string.Concat(report.Problems.Select(problem => problem.Reason))));
        Assert.All(report.Problems, problem => Assert.True(problem.IsWarning));
    }

    [Fact]
    public void Damaged_content_does_not_change_the_old_file()
    {
        root.Put("/f", "old", "0644");
        var report = root.RunEntry("files:\n- {path: /f, encoding: b64, content: '***'}\n- {path: /g, content: next}");
        Assert.Contains("base64", Assert.Single(report.Problems).Reason);
        Assert.Equal(("old", "next"), (root.Read("/f"), root.Read("/g")));
    }

    [Fact]
    public void A_link_is_followed_and_stays_a_link()
    {
        root.Put("/real/f", "old", "0600");
        Directory.CreateDirectory(root.At("/etc"));
        File.CreateSymbolicLink(root.At("/etc/f"), "../real/f");
        Assert.Empty(root.RunEntry("files:\n- {path: /etc/f, permissions: 0640, content: new}").Problems);
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
        var report = root.RunEntry($"files:\n- {file}\n- {{path: /next, content: x}}");
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
        Assert.Empty(root.RunEntry("""
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

    [Theory]
    [InlineData("content: same, permissions: 0600", true)]
    [InlineData("content: diff, permissions: 0600", false)]
    [InlineData("content: longer, permissions: 0600", false)]
    [InlineData("content: same, permissions: 0640", false)]
    [InlineData("content: same, permissions: 0600, owner: 7", false)]
    public void An_unchanged_file_is_not_written(string file, bool stays)
    {
        root.RunEntry("files: [{path: /f, content: same, permissions: 0600}]");
        Assert.Equal(0, Mono.Unix.Native.Syscall.lstat(root.At("/f"), out var before));
        Assert.Empty(root.RunEntry($"files: [{{path: /f, {file}}}]").Problems);
        Assert.Equal(0, Mono.Unix.Native.Syscall.lstat(root.At("/f"), out var after));
        Assert.Equal(stays, before.st_ino == after.st_ino);
    }
}
