using System.Text;

using MonoSyscall = Mono.Unix.Native.Syscall;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>Extended attributes of files that a stage replaces or creates, and the list of files to relabel.</summary>
public sealed class ReplacedFileTests : IDisposable
{
    private const string Label = "system_u:object_r:etc_t:s0";

    // acl(5) as bytes: user::rw-, user:1000:r--, group::r--, mask::r--, other::r--
    private static readonly byte[] Acl = Convert.FromHexString(
        "02000000" + "01000600FFFFFFFF" + "02000400E8030000" + "04000400FFFFFFFF" + "10000400FFFFFFFF" + "20000400FFFFFFFF");

    private static readonly byte[] Capability = Convert.FromHexString("0100000200200000" + "000000000000000000000000");

    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    private void Set(string path, string name, byte[] value)
    {
        using var file = Syscall.Open(root.At(path), OpenFlags.Path);
        ExtendedAttributes.Set(file, name, value);
    }

    private string Attributes(string path) => string.Join(' ', ExtendedAttributes.Read(root.At(path)).Select(a => a.Name).Order());

    private byte[]? Get(string path, string name) => ExtendedAttributes.Read(root.At(path)).Find(a => a.Name == name).Value;

    private void PutWithAttributes(string path, string content, string mode)
    {
        root.Put(path, content, mode);
        Set(path, "security.selinux", Encoding.ASCII.GetBytes(Label));
        Set(path, "user.note", "n"u8.ToArray());
        Set(path, "trusted.note", "n"u8.ToArray());
        Set(path, "system.posix_acl_access", Acl);
        Set(path, "security.capability", Capability);
        Set(path, "security.ima", [4, 1, 2, 3]);
    }

    private const string All = "security.selinux system.posix_acl_access trusted.note user.note";

    [Theory]
    [InlineData("content: new", "0644", "")]
    [InlineData("content: new, permissions: 0600", "0600", "")]
    [InlineData("content: new, permissions: 0640", "0640", "")]
    // Capabilities belong to the content.
    [InlineData("content: old, permissions: 0755", "0755", "security.capability ")]
    [InlineData("content: new, owner: 5, group: 5", "0644", "")]
    public void A_replaced_file_keeps_its_attributes(string item, string mode, string more)
    {
        PutWithAttributes("/etc/f", "old", "0644");
        Assert.Empty(root.RunEntry($"files: [{{path: /etc/f, {item}}}]").Problems);
        Assert.Equal(more + All, Attributes("/etc/f"));
        Assert.Equal(Label, Encoding.ASCII.GetString(Get("/etc/f", "security.selinux")!));
        Assert.StartsWith(mode + " ", root.ModeAndOwner("/etc/f"));
        // The named user has what the mask, the group's bits of the mode, allows.
        Assert.Equal((Convert.ToInt32(mode, 8) >> 3) & 7, Get("/etc/f", "system.posix_acl_access")![4 + 3 * 8 + 2]);
    }

    [Fact]
    public void Every_file_that_a_key_rewrites_keeps_its_label()
    {
        string[] files = ["/etc/passwd", "/etc/group", "/etc/shadow", "/etc/hosts", "/etc/hostname", "/etc/environment", "/etc/resolv.conf",
            "/etc/systemd/timesyncd.conf.d/10-yip.conf", "/etc/own"];
        foreach (var file in files)
        {
            if (!root.Has(file)) root.Put(file, "", "0644");
            Set(file, "security.selinux", Encoding.ASCII.GetBytes(Label));
        }
        var inodes = files.Select(file => Syscall.TryStat(root.At(file))!.Value.Inode).ToArray();
        Assert.Empty(root.RunEntry("""
            hostname: n
            users: {u: {passwd: '!'}}
            environment: {A: b}
            dns: {nameservers: [1.1.1.1]}
            timesyncd: {NTP: a}
            files: [{path: /etc/own, content: x}]
            """).Problems);
        foreach (var file in files) Assert.Equal(Label, Encoding.ASCII.GetString(Get(file, "security.selinux") ?? []));
        Assert.DoesNotContain(files.Zip(inodes), pair => Syscall.TryStat(root.At(pair.First))!.Value.Inode == pair.Second);
    }

    [Fact]
    public void The_attributes_of_a_users_file_give_the_user_no_access_to_a_file_of_root()
    {
        Directory.CreateDirectory(root.At("/home/alice"));
        Assert.Equal(0, MonoSyscall.chown(root.At("/home/alice"), 1000, 1000));
        PutWithAttributes("/home/alice/f", "old", "0644");
        Assert.Equal(0, MonoSyscall.chown(root.At("/home/alice/f"), 1000, 1000));
        Assert.Empty(root.RunEntry("files: [{path: /home/alice/f, content: new, permissions: 0640}]").Problems);
        Assert.Equal("security.selinux", Attributes("/home/alice/f"));
        Assert.Equal("0640 0:0", root.ModeAndOwner("/home/alice/f"));
    }

    [Fact]
    public void A_new_file_gets_the_default_list_of_its_directory_and_a_replaced_one_does_not()
    {
        root.Put("/srv/old", "x", "0644");
        Set("/srv", "system.posix_acl_default", Acl);
        Set("/srv", "security.selinux", Encoding.ASCII.GetBytes(Label));
        Assert.Empty(root.RunEntry("files: [{path: /srv/new, content: y, permissions: 0640}, {path: /srv/old, content: y}]").Problems);
        Assert.Equal("security.selinux system.posix_acl_access", Attributes("/srv/new"));
        Assert.Equal(("0640 0:0", "0644 0:0", ""), (root.ModeAndOwner("/srv/new"), root.ModeAndOwner("/srv/old"), Attributes("/srv/old")));
    }

    [Theory]
    [InlineData("SELINUX=enforcing\n", true)]
    [InlineData("# SELINUX=disabled\n SELINUX=Permissive\n", true)]
    [InlineData("SELINUX=disabled\n", false)]
    [InlineData(null, false)]
    public void New_files_are_listed_for_a_relabel_if_the_image_has_SELinux(string? config, bool isListed)
    {
        if (config is not null) root.Put("/etc/selinux/config", config, "0644");
        Directory.CreateDirectory(root.At("/run/kairosboot"));
        Assert.Empty(root.RunEntry("""
            files: [{path: /etc/a/b/new, content: x}, {path: /etc/hosts, content: x}, {path: /sysroot/etc/c, content: x}]
            directories: [{path: /srv/d}, {path: /etc}]
            users: {u: {passwd: '!', ssh_authorized_keys: [k]}}
            """).Problems);
        Assert.Equal(isListed, root.Has("/run/kairosboot/relabel"));
        if (!isListed) return;
        Assert.Equal("0600 0:0", root.ModeAndOwner("/run/kairosboot/relabel"));
        Assert.Equal(["/srv/d", "/srv", "/etc/a/b/new", "/etc/a/b", "/etc/a", "/etc/c", "/etc", "/", "/home/u",
            "/home/u/.ssh/authorized_keys", "/home/u/.ssh"],
            root.Read("/run/kairosboot/relabel").Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("rw")]
    [InlineData("'u=rw'")]
    [InlineData("0999")]
    [InlineData("[0644]")]
    public void A_file_with_bad_permissions_is_only_for_its_owner(string permissions)
    {
        root.Put("/etc/old", "x", "0644");
        var report = root.RunEntry($"files:\n- {{path: /new, content: x, permissions: {permissions}}}\n" +
            $"- {{path: /etc/old, content: y, permissions: {permissions}}}");
        Assert.All(report.Problems, problem => Assert.Contains("the file gets 0600", problem.Reason));
        Assert.Equal((2, "0600 0:0", "0600 0:0"), (report.Problems.Length, root.ModeAndOwner("/new"), root.ModeAndOwner("/etc/old")));
    }
}
