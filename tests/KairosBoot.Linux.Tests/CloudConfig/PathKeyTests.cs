using System.Reflection;
using System.Text.RegularExpressions;
using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan;
using MonoSyscall = Mono.Unix.Native.Syscall;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>
/// A user creates links, hard links and directories in a home at the path of a config, before or during the stage. No file of root or of
/// another user changes, the refused item gives the reason, and the next items run.
/// </summary>
public sealed class PathKeyTests : IDisposable
{
    private const int Alice = 1000, Bob = 1001;
    private readonly ScratchRoot root = new();

    public PathKeyTests()
    {
        root.Put("/etc/passwd", root.Read("/etc/passwd") + "alice:x:1000:1000::/home/alice:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n",
            "0644");
        root.Put("/etc/victim", "victim:x:1:\nSECRET=1\n", "0640");
        root.Put("/etc/dir/file", "victim:x:1:\n", "0600");
        root.Put("/home/bob/file", "victim:x:1:\n", "0600");
        Directory.CreateDirectory(root.At("/etc/empty"));
        Directory.CreateDirectory(root.At("/home/alice"));
        foreach (var (path, uid) in new[] { ("/home/bob", Bob), ("/home/bob/file", Bob), ("/home/alice", Alice) }) Own(path, uid);
    }

    public void Dispose() => root.Dispose();

    private void Own(string path, int uid) => Assert.Equal(0, MonoSyscall.lchown(root.At(path), (uint)uid, (uint)uid));

    private void AliceLinks(string path, string target)
    {
        AliceMakes(path[..path.LastIndexOf('/')]);
        File.CreateSymbolicLink(root.At(path), target);
        Own(path, Alice);
    }

    private void AliceMakes(string directory)
    {
        if (Directory.Exists(root.At(directory))) return;
        AliceMakes(directory[..directory.LastIndexOf('/')]);
        Directory.CreateDirectory(root.At(directory));
        Own(directory, Alice);
    }

    /// <summary>Places on the path /home/alice/x/y/f that become a link or a chain of links.</summary>
    private static readonly (string Name, Action<PathKeyTests, string> Make)[] Traps =
    [
        ("a link to a file at the end", (t, path) => t.AliceLinks(path, "/etc/victim")),
        ("a relative link to a file at the end", (t, path) => t.AliceLinks(path, "../../../../../../etc/victim")),
        ("a chain of links at the end", (t, path) =>
        {
            t.AliceLinks("/home/alice/l2", "../../etc/./victim");
            t.AliceLinks("/home/alice/l1", "l2");
            t.AliceLinks(path, "/home/alice/l1");
        }),
        ("a link to a directory at the end", (t, path) => t.AliceLinks(path, "/etc/dir")),
        ("a relative link to an empty directory at the end", (t, path) => t.AliceLinks(path, "../../../../../etc/empty")),
        ("a link to nothing in a directory of root", (t, path) => t.AliceLinks(path, "/etc/created")),
        ("a link to a file of another user", (t, path) => t.AliceLinks(path, "/home/bob/file")),
        ("a link to the home of another user", (t, path) => t.AliceLinks(path, "/home/bob")),
        ("a link in the middle", (t, path) => t.AliceLinks(Middle(path), "/etc")),
        ("a relative link in the middle", (t, path) => t.AliceLinks(Middle(path), "../../../etc/dir")),
        ("a link to another user in the middle", (t, path) => t.AliceLinks(Middle(path), "../../bob")),
        ("a link to nothing in the middle", (t, path) => t.AliceLinks(Middle(path), "/etc/created")),
        ("a chain of links in the middle", (t, path) =>
        {
            t.AliceLinks("/home/alice/l1", "../../etc/dir");
            t.AliceLinks(Middle(path), "l1");
        }),
        ("a hard link to a file of root", (t, path) =>
        {
            t.AliceMakes(path[..path.LastIndexOf('/')]);
            Assert.Equal(0, MonoSyscall.link(t.root.At("/etc/victim"), t.root.At(path)));
        }),
        ("a hard link to a file of another user", (t, path) =>
        {
            t.AliceMakes(path[..path.LastIndexOf('/')]);
            Assert.Equal(0, MonoSyscall.link(t.root.At("/home/bob/file"), t.root.At(path)));
        }),
    ];

    /// <summary>The first directory below the home.</summary>
    private static string Middle(string path) => path[..path.IndexOf('/', "/home/alice/".Length)];

    public static TheoryData<PathKey, string> Cases()
    {
        var cases = new TheoryData<PathKey, string>();
        foreach (var key in PathKeys.All)
            foreach (var (name, _) in Traps) cases.Add(key, name);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_trap_in_a_home_changes_no_file_of_other_users(PathKey key, string trap)
    {
        var path = key.Fixed ?? "/home/alice/x/y/f";
        Traps.Single(row => row.Name == trap).Make(this, path);
        var before = Others();
        var report = Run(key, path);
        Assert.Equal(before, Others());
        Assert.Equal("ran\n", root.Read("/ran"));
        var isHardLink = trap.StartsWith("a hard link", StringComparison.Ordinal);
        if (isHardLink && !key.Merges && !key.IsDirectory)
        {
            Assert.Empty(report.Problems);
        }
        else if (isHardLink && key.IsDirectory)
        {
            Assert.Single(report.Problems);
        }
        else
        {
            var reason = Assert.Single(report.Problems, problem =>
                !problem.Reason.StartsWith("no user-data", StringComparison.Ordinal)).Reason;
            Assert.Contains("user 100", reason);
            Assert.Contains("/home/alice/", reason);
        }
    }

    private StageReport Run(PathKey key, string path)
    {
        LeaveIdTo(key);
        return root.Run(Document(key, path));
    }

    /// <summary>An account of the image keeps its id. So the user with the id of the home's owner is the only one with that id.</summary>
    private void LeaveIdTo(PathKey key)
    {
        if (key.Name != "users.homedir") return;
        root.Put("/etc/passwd", root.Read("/etc/passwd").Replace("alice:x:1000:", "alice:x:1002:"), "0644");
    }

    private static string Document(PathKey key, string path) =>
        $"stages:\n  initramfs:\n  - name: e\n    {key.Keys.Replace("PATH", path).Replace("\n", "\n    ")}\n  - commands: [echo ran > " +
            "/ran]\n";

    /// <summary>Path, owner, mode, inode and content of all files except Alice's home and the files that every entry may write.</summary>
    private string Others()
    {
        var lines = new List<string>();
        foreach (var top in (string[])["/etc", "/home/bob"])
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(root.At(top), "*", SearchOption.AllDirectories).Append(root.At(top))
                .Order(StringComparer.Ordinal))
            {
                // The key users adds rows, under the lock of all programs that do.
                if (Path.GetFileName(path) is "passwd" or "group" or "shadow" or ".pwd.lock") continue;
                Assert.Equal(0, MonoSyscall.lstat(path, out var stat));
                lines.Add($"{path} {stat.st_mode} {stat.st_uid}:{stat.st_gid} {stat.st_ino} " +
                    $"{(File.Exists(path) ? File.ReadAllText(path) : "")}");
            }
        }

        return string.Join('\n', lines);
    }

    public static TheoryData<PathKey> Rows() => new(PathKeys.All);

    [Theory]
    [MemberData(nameof(Rows))]
    public void Replacing_a_path_during_the_stage_changes_no_file_of_other_users(PathKey key)
    {
        const int Rounds = 150;
        var path = key.Fixed ?? "/home/alice/x/y/f";
        AliceMakes(Middle(path) + "0/y");
        AliceLinks(Middle(path) + "1", "../../etc/dir");
        AliceLinks("/home/alice/f1", key.IsDirectory ? "/etc/empty" : "/etc/victim");
        LeaveIdTo(key);
        root.Put("oem/90.yaml", Document(key, path), "0600");
        var before = Others();
        // The directory in the middle becomes a link and back. The last part becomes a link to a file of root.
        using (new Exchange(root.At(Middle(path) + "0"), root.At(Middle(path) + "1"), root.At(Middle(path))))
        using (new Exchange(root.At("/home/alice/f0"), root.At("/home/alice/f1"), root.At(path.Replace(Middle(path), Middle(path) + "0"))))
        {
            root.Inside(() =>
            {
                var run = new StageRunner(["/oem"], new StageFacts(), MessageLog.None);
                for (var i = 0; i < Rounds; i++) run.Run("initramfs");
            });
        }

        Assert.Equal(before, Others());
        Assert.Equal("ran\n", root.Read("/ran"));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_normal_path_in_a_home_works_at_every_boot(PathKey key)
    {
        var path = key.Fixed ?? "/home/alice/x/y/f";
        if (key.Name is "users.homedir of another user") return;
        if (key.Name == "dns.path") AliceMakes(path[..path.LastIndexOf('/')]);
        if (key.Name is "ensure_entities.path" or "delete_entities.path" or "datasource.path")
        {
            AliceMakes(path[..path.LastIndexOf('/')]);
            root.Put(path, "stages: {}\n", "0644");
            Own(path, Alice);
        }
        AliceLinks("/home/alice/l", "x");
        for (var boot = 0; boot < 3; boot++)
        {
            foreach (var name in key.Fixed is null ? [path, path.Replace("/x/", "/l/")] : new[] { path })
                Assert.Empty(Run(key, name).Problems);
        }

        foreach (var parent in key.Fixed is null ? ["/home/alice/x", "/home/alice/x/y"] : new[] { "/home/alice/.ssh" })
            Assert.EndsWith(" 1000:1000", root.ModeAndOwner(parent));
        Assert.Equal("0755 1000:1000", root.ModeAndOwner("/home/alice"));
    }

    [Fact]
    public void Every_key_that_takes_a_path_has_a_row()
    {
        var rows = PathKeys.All.Select(row => row.Name.Split(' ')[0]).ToHashSet();
        var fields = FieldsOf(BootedKeys.Table(TransferLimits.Production).Entry, "").ToList();
        var unknown = fields.Where(field => field.Split('.') is [var key] ? !PathKeys.WithoutPath.Contains(key) && !Known(key)
            : Regex.IsMatch(field[(field.LastIndexOf('.') + 1)..], "path|dir|file|target|home|dest") && !Known(field)).ToList();
        Assert.True(unknown.Count == 0, "no row in PathKeys: " + string.Join(", ", unknown));
        Assert.True(fields.Count > 50);

        bool Known(string field) => rows.Any(row => row == field || row.StartsWith(field + ".", StringComparison.Ordinal))
            || PathKeys.Elsewhere.Keys.Any(row => row == field || row.StartsWith(field + ".", StringComparison.Ordinal));
    }

    /// <summary>Names of all fields, with dots: files, files.path.</summary>
    private static IEnumerable<string> FieldsOf(Schema shape, string name)
    {
        foreach (var field in shape.GetType().GetFields(BindingFlags.Instance | BindingFlags.NonPublic))
        {
            switch (field.GetValue(shape))
            {
                case Schema inner:
                    foreach (var found in FieldsOf(inner, name)) yield return found;
                    break;
                case (string Name, Schema Schema)[] record:
                    foreach (var (key, value) in record)
                    {
                        var path = name.Length == 0 ? key : $"{name}.{key}";
                        yield return path;
                        foreach (var found in FieldsOf(value, path)) yield return found;
                    }
                    break;
            }
        }
    }
}
