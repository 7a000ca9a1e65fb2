using KairosBoot.CloudConfig;
using KairosBoot.Plan;

using MonoSyscall = Mono.Unix.Native.Syscall;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>
/// Ids of declared users over several boots of a machine: /etc is that of the image at each boot, /usr/local and /home persist.
/// </summary>
public sealed class AccountIdTests : IDisposable
{
    private const string Register = "/usr/local/.state/.kairosboot/accounts";
    private const string Long = "many lines";
    private readonly ScratchRoot root = new();
    private readonly SeedVolume volume;

    public AccountIdTests()
    {
        Directory.CreateDirectory(root.At("/usr/local"));
        volume = new SeedVolume(root, "vdb", "COS_PERSISTENT", tree => Directory.CreateDirectory(tree + "/.state/home.bind"));
    }

    public void Dispose()
    {
        volume.Dispose();
        root.Dispose();
    }

    /// <summary>Returns <c>NAME:UID:GID:OWNER-OF-HOME</c> of all users from id 1000, then the problems.</summary>
    private string Boot(string users, string image = "", bool hasVolume = true, Action? before = null)
    {
        root.Put("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n" + image, "0644");
        root.Put("/etc/group", "root:x:0:\n", "0644");
        root.Put("/etc/shadow", "root:*:19000:0:99999:7:::\n", "0640");
        root.Put("/oem/90.yaml", $"stages: {{initramfs: [{{users: {{{users}}}}}]}}", "0600");
        var result = new List<string>();
        root.Inside(() =>
        {
            if (hasVolume)
            {
                Syscall.Mount("/dev/vdb", "/usr/local", "ext4", MountFlags.None, "");
                Syscall.Mount("/usr/local/.state/home.bind", "/home", "", MountFlags.Bind, "");
            }
            before?.Invoke();
            var report = new StageRunner(["/oem"], new StageFacts(), MessageLog.None).Run("initramfs");
            foreach (var row in File.ReadAllLines("/etc/passwd").Select(line => line.Split(':')).Where(row => row[2].Length >= 4))
                result.Add($"{row[0]}:{row[2]}:{row[3]}:{Syscall.TryStat("/home/" + row[0])?.Uid}");
            result.Sort(StringComparer.Ordinal);
            result.AddRange(report.Problems.Select(problem => problem.Reason));
        });
        return string.Join('\n', result);
    }

    private static string Users(params string[] names) => string.Join(", ", names.Select(name => name + ": {passwd: '!'}"));

    private static string Rows(params (string Name, int Id)[] users) =>
        string.Join('\n', users.Select(user => $"{user.Name}:{user.Id}:{user.Id}:{user.Id}"));

    private static void Write(string? text)
    {
        if (text is null) File.Delete(Register);
        else File.WriteAllText(Register, text);
    }

    [Fact]
    public void Ids_and_homes_hold_if_users_are_added_removed_and_renamed()
    {
        Assert.Equal(Rows(("test", 1000), ("zed", 1001)), Boot(Users("zed", "test")));
        Assert.Equal(Rows(("aaa", 1002), ("test", 1000), ("zed", 1001)), Boot(Users("aaa", "zed", "test")));
        // zed is removed, test is renamed.
        Assert.Equal(Rows(("aaa", 1002), ("bbb", 1003), ("test2", 1004)), Boot(Users("aaa", "bbb", "test2")));
        Assert.Equal(Rows(("test", 1000), ("zed", 1001)), Boot(Users("zed", "test")));
        Boot("", before: () =>
        {
            var status = Syscall.TryStat(Register)!.Value;
            Assert.Equal((Octal.O600, 0), (status.Mode, status.Uid));
        });
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("nonsense\n", true)]
    [InlineData("zed:1000:1000\ntest:1000:1000\n", true)]
    [InlineData("zed:1001:1001", true)]
    [InlineData("zed:99999999999:1\n", true)]
    [InlineData("zed:-4:\n", true)]
    [InlineData("a b:5000:\n", true)]
    [InlineData(Long, true)]
    public void A_missing_or_damaged_register_is_rebuilt_from_the_homes(string? content, bool isReported)
    {
        Boot(Users("zed", "test"));
        Boot(Users("aaa", "zed", "test"));
        if (content == Long) content = string.Concat(Enumerable.Range(0, 300_000).Select(i => $"u{i}::\n"));
        var result = Boot(Users("Bob", "aaa", "test", "zed"), before: () => Write(content));
        Assert.StartsWith(Rows(("Bob", 1003), ("aaa", 1002), ("test", 1000), ("zed", 1001)), result);
        Assert.Equal(isReported, result.Contains(Register + " is damaged and was rebuilt from the homes"));
        Assert.DoesNotContain("damaged", Boot(Users("zed")));
    }

    /// <summary>The group of a home is the choice of its user, who can be a member of a group of the system.</summary>
    [Fact]
    public void Names_of_homes_that_no_account_has_and_groups_of_the_system_are_not_registered()
    {
        void Home(string name, int uid, int gid)
        {
            Directory.CreateDirectory("/home/" + name);
            Assert.Equal(0, MonoSyscall.chown("/home/" + name, (uint)uid, (uint)gid));
        }
        Assert.Equal("new:1004:1000:1004\ntest:1000:1004:1000", Boot(Users("test", "new"), before: () =>
        {
            Home("test", 1000, 998);
            Home("a:b", 1001, 1001);
            Home("a\nb", 1002, 1002);
            Home(new string('x', 60), 1003, 1003);
        }));
        Boot(Users("test", "new"), before: () =>
            Assert.Equal(["new:1004:1000", "test:1000:1004"], File.ReadAllLines(Register).Order(StringComparer.Ordinal)));
        Assert.DoesNotContain("damaged", Boot(Users("test")));
    }

    [Fact]
    public void Homes_of_an_earlier_version_without_a_register_keep_their_owners()
    {
        Boot("", before: () =>
        {
            foreach (var (name, id) in ((string, int)[])[("test", 1000), ("gone", 1001)])
            {
                Directory.CreateDirectory("/home/" + name);
                Assert.Equal(0, MonoSyscall.chown("/home/" + name, (uint)id, (uint)id));
            }
        });
        Assert.Equal(Rows(("aaa", 1002), ("test", 1000)), Boot(Users("aaa", "test")));
    }

    [Fact]
    public void The_owner_of_a_persistent_store_is_no_new_user()
    {
        Boot("", before: () =>
        {
            Directory.CreateDirectory("/usr/local/.state/srv.bind");
            Assert.Equal(0, MonoSyscall.chown("/usr/local/.state/srv.bind", 1000, 1000));
        });
        Assert.Equal(Rows(("u", 1001)), Boot(Users("u")));
    }

    [Fact]
    public void A_given_id_has_precedence_over_the_register()
    {
        Assert.Equal(Rows(("aaa", 1000)), Boot(Users("aaa")));
        var result = Boot(Users("aaa") + ", zed: {uid: 1000, passwd: '!', homedir: /srv/zed}");
        Assert.Contains("zed:1000:", result);
        Assert.Contains("aaa:1001:1000:1000", result);
        Assert.Contains("/home/aaa belongs to user 1000, not to aaa (user 1001)", result);
    }

    [Fact]
    public void An_account_of_the_image_keeps_its_id_and_the_declared_user_gets_another_one()
    {
        Assert.Equal(Rows(("u", 1000)), Boot(Users("u")));
        var result = Boot(Users("u"), image: "svc:x:1000:1000::/:/bin/false\n");
        Assert.Contains("svc:1000:1000:", result);
        Assert.Contains("u:1001:1000:1000", result);
        Assert.Contains("u: user id 1000 belongs to svc, so u has 1001; files of user 1000 keep their owner", result);
        Assert.Contains("/home/u belongs to user 1000, not to u (user 1001); to fix: chown -R u /home/u", result);
        Assert.Contains("v: user id 0 belongs to root", Boot("v: {uid: 0, passwd: '!'}"));
    }

    [Fact]
    public void Without_a_persistent_volume_ids_come_from_the_config_alone()
    {
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(Rows(("aaa", 1000), ("zed", 1001)), Boot(Users("zed", "aaa"), hasVolume: false, before: () =>
            {
                foreach (var home in Directory.GetDirectories("/home")) Directory.Delete(home, recursive: true);
            }));
            Assert.False(root.Has("/usr/local/.state"));
        }
    }

    [Fact]
    public void A_register_that_cannot_be_written_is_a_warning_and_the_users_exist()
    {
        var result = Boot(Users("u"), before: () => Directory.CreateDirectory(Register));
        Assert.StartsWith(Rows(("u", 1000)), result);
        Assert.Contains("ids of new accounts may change at the next boot", result);
    }
}
