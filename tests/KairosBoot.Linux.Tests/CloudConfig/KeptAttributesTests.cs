using KairosBoot.Plan;
using Mono.Unix.Native;

using MonoSyscall = Mono.Unix.Native.Syscall;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>
/// Attributes that a replaced file keeps, and directories that become a home. The choices of the old owner never give that owner more
/// rights.
/// </summary>
public sealed class KeptAttributesTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public KeptAttributesTests()
    {
        root.Put("/etc/passwd", root.Read("/etc/passwd") + "alice:x:1000:1000::/home/alice:/bin/sh\n", "0644");
        foreach (var directory in (string[])["/home/alice", "/shared"]) Directory.CreateDirectory(root.At(directory));
        Assert.Equal(0, MonoSyscall.chown(root.At("/home/alice"), 1000, 1000));
        Mode("/shared", "1777");
    }

    public void Dispose() => root.Dispose();

    private void Mode(string path, string mode) =>
        Assert.Equal(0, MonoSyscall.chmod(root.At(path), NativeConvert.FromOctalPermissionString(mode)));

    private KairosBoot.CloudConfig.StageReport Run(string keys) =>
        root.Run($"stages:\n  initramfs:\n  - name: e\n    {keys}\n  - commands: [echo ran > /ran]\n");

    [Theory]
    // A file of root in a directory of root: kept.
    [InlineData("/etc/f", 0, 0, "4755", "", "4755 0:0")]
    [InlineData("/etc/f", 0, 0, "0440", "", "0440 0:0")]
    [InlineData("/etc/f", 0, 0, "0666", "", "0666 0:0")]
    [InlineData("/etc/f", 0, 0, "4755", ", owner: 1000, group: 1000", "0755 1000:1000")]
    // A file of a user that becomes root's.
    [InlineData("/home/alice/f", 1000, 1000, "4777", "", "0755 0:0")]
    [InlineData("/home/alice/f", 1000, 1000, "2775", "", "0755 0:0")]
    [InlineData("/home/alice/f", 1000, 1000, "0600", "", "0600 0:0")]
    [InlineData("/shared/f", 1000, 1000, "6777", "", "0755 0:0")]
    // A file of a user that keeps its owner. The group becomes root.
    [InlineData("/home/alice/f", 1000, 1000, "4750", ", owner: 1000, group: 1000", "4750 1000:1000")]
    [InlineData("/home/alice/f", 1000, 1000, "2770", ", owner: 1000", "0770 1000:0")]
    // A file of root in a directory of a user may be a hard link that the user has made.
    [InlineData("/home/alice/f", 0, 0, "6755", "", "0755 0:0")]
    [InlineData("/home/alice/f", 1001, 1001, "6777", ", owner: 1000, group: 1000", "0755 1000:1000")]
    public void A_kept_mode_gives_no_rights(string path, int uid, int gid, string mode, string owner, string expected)
    {
        root.Put(path, "old", "0600");
        Assert.Equal(0, MonoSyscall.chown(root.At(path), (uint)uid, (uint)gid));
        Mode(path, mode);
        Assert.Empty(Run($"files: [{{path: {path}, content: new{owner}}}]").Problems);
        Assert.Equal(("new", expected), (root.Read(path), root.ModeAndOwner(path)));
    }

    [Fact]
    public void A_hard_link_to_a_program_of_root_gives_no_rights()
    {
        root.Put("/etc/sudo", "sudo", "4755");
        Assert.Equal(0, MonoSyscall.link(root.At("/etc/sudo"), root.At("/shared/f")));
        Assert.Empty(Run("files: [{path: /shared/f, content: new}]").Problems);
        Assert.Equal(("0755 0:0", "4755 0:0", "sudo"),
            (root.ModeAndOwner("/shared/f"), root.ModeAndOwner("/etc/sudo"), root.Read("/etc/sudo")));
    }

    [Theory]
    [InlineData("0666", "0755")]
    [InlineData("0777", "0755")]
    [InlineData("0660", "0750")]
    [InlineData("0622", "0700")]
    public void The_parents_of_a_writable_file_are_not_writable_for_others(string mode, string parent)
    {
        Assert.Empty(Run($"files: [{{path: /a/b/f, permissions: {mode}, content: x}}]").Problems);
        Assert.Equal([parent + " 0:0", parent + " 0:0"], new[] { "/a", "/a/b" }.Select(root.ModeAndOwner));
    }

    [Theory]
    [InlineData("/shared/f", "new", "0644 0:0")]
    [InlineData("/home/alice/f", "new", "0644 0:0")]
    public void A_file_with_a_hard_link_is_replaced_and_the_other_name_stays(string path, string content, string attributes)
    {
        root.Put("/etc/victim", "old", "0640");
        Assert.Equal(0, MonoSyscall.link(root.At("/etc/victim"), root.At(path)));
        Assert.Empty(Run($"files: [{{path: {path}, content: {content}, permissions: 0644}}]").Problems);
        Assert.Equal((content, attributes, "old", "0640 0:0"),
            (root.Read(path), root.ModeAndOwner(path), root.Read("/etc/victim"), root.ModeAndOwner("/etc/victim")));
    }

    [Theory]
    [InlineData("/home/carol", 0, "uid: '1500'", null)]
    [InlineData("/home/carol", 1500, "uid: '1500'", null)]
    [InlineData("/home/carol", 1000, "uid: '1500'", "/home/carol cannot be the home of user 1500: it belongs to user 1000")]
    [InlineData("/home/alice/carol", -1, "uid: '1500'",
        "/home/alice/carol cannot be the home of user 1500: it is in a directory of user 1000")]
    [InlineData("/home/alice/carol", 1500, "", "it is in a directory of user 1000")]
    [InlineData("/shared/carol", 0, "uid: '1500'", "it belongs to root, but another user can have put it there")]
    public void A_home_is_given_to_a_user_only_if_no_other_user_can_have_created_it(string home, int owner, string fields, string? refusal)
    {
        if (owner >= 0)
        {
            Directory.CreateDirectory(root.At(home));
            Assert.Equal(0, MonoSyscall.chown(root.At(home), (uint)owner, (uint)owner));
        }
        var before = root.Read("/etc/passwd") + root.Read("/etc/group") + root.Read("/etc/shadow");
        var report = Run($"users: {{carol: {{homedir: {home}{(fields.Length > 0 ? ", " + fields : "")}}}}}");
        Assert.Equal("ran\n", root.Read("/ran"));
        if (refusal is null)
        {
            Assert.Empty(report.Problems);
            // Group 1000 owns another home.
            Assert.EndsWith(owner == 1500 ? " 1500:1500" : " 1500:1001", root.ModeAndOwner(home));
            return;
        }
        Assert.Contains(refusal, Assert.Single(report.Problems).Reason);
        // The user is not added either.
        Assert.Equal(before, root.Read("/etc/passwd") + root.Read("/etc/group") + root.Read("/etc/shadow"));
        if (owner >= 0) Assert.EndsWith($" {owner}:{owner}", root.ModeAndOwner(home));
    }

    /// <summary>A mount point cannot be replaced by a new file, so the old file is written, or nothing.</summary>
    [Theory]
    [InlineData(1000, false, null)]
    [InlineData(1000, true, "has another hard link and cannot be replaced by a new file")]
    [InlineData(0, false, "belongs to user 0, but /home/alice belongs to user 1000")]
    [InlineData(1001, false, "belongs to user 1001, but /home/alice belongs to user 1000")]
    public void A_mount_point_in_a_home_is_written_only_if_it_belongs_to_the_user(int owner, bool hasSecondName, string? refusal)
    {
        root.Put("/home/alice/f", "old", "0644");
        Assert.Equal(0, MonoSyscall.chown(root.At("/home/alice/f"), (uint)owner, (uint)owner));
        if (hasSecondName) Assert.Equal(0, MonoSyscall.link(root.At("/home/alice/f"), root.At("/etc/second")));
        root.Put("/oem/90.yaml", "stages: {initramfs: [{files: [{path: /home/alice/f, content: new, permissions: 0600}]}]}", "0600");
        KairosBoot.CloudConfig.StageReport? report = null;
        root.Inside(() =>
        {
            Syscall.Mount("/home/alice/f", "/home/alice/f", "", MountFlags.Bind, "");
            report = new KairosBoot.CloudConfig.StageRunner(["/oem"], new(),
                MessageLog.None).Run("initramfs");
        });
        Assert.Equal(refusal is null ? "new" : "old", root.Read("/home/alice/f"));
        Assert.Equal(refusal is null ? "0600 0:0" : $"0644 {owner}:{owner}", root.ModeAndOwner("/home/alice/f"));
        if (refusal is null) Assert.Empty(report!.Problems);
        else Assert.Contains(refusal, Assert.Single(report!.Problems).Reason);
    }

    [Fact]
    public void A_script_of_a_datasource_in_a_home_is_not_run()
    {
        root.Put("/seed", "#!/bin/sh\necho script > /script\n", "0600");
        Directory.CreateDirectory(root.At("/run/config"));
        Assert.Equal(0, MonoSyscall.chown(root.At("/run/config"), 1000, 1000));
        Assert.Contains("is a script and was not run, because /run/config is in a directory of user 1000",
            Assert.Single(Run("datasource: {providers: [file], path: /seed}").Problems).Reason);
        Assert.False(root.Has("/script"));
    }
}
