using Mono.Unix.Native;

using MonoSyscall = Mono.Unix.Native.Syscall;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>What a file keeps of the one it replaces, and which directory becomes a home: nothing that its old owner chose gives that owner more rights.</summary>
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

    private void Mode(string path, string mode) => Assert.Equal(0, MonoSyscall.chmod(root.At(path), NativeConvert.FromOctalPermissionString(mode)));

    private KairosBoot.CloudConfig.StageReport Run(string keys) => root.Run($"stages:\n  initramfs:\n  - name: e\n    {keys}\n  - commands: [echo ran > /ran]\n");

    [Theory]
    // Root's own, where only root writes: as it is.
    [InlineData("/etc/f", 0, 0, "4755", "", "4755 0:0")]
    [InlineData("/etc/f", 0, 0, "0440", "", "0440 0:0")]
    [InlineData("/etc/f", 0, 0, "0666", "", "0666 0:0")]
    [InlineData("/etc/f", 0, 0, "4755", ", owner: 1000, group: 1000", "0755 1000:1000")]
    // A user's, that becomes root's.
    [InlineData("/home/alice/f", 1000, 1000, "4777", "", "0755 0:0")]
    [InlineData("/home/alice/f", 1000, 1000, "2775", "", "0755 0:0")]
    [InlineData("/home/alice/f", 1000, 1000, "0600", "", "0600 0:0")]
    [InlineData("/shared/f", 1000, 1000, "6777", "", "0755 0:0")]
    // A user's, that stays one; the group becomes root's.
    [InlineData("/home/alice/f", 1000, 1000, "4750", ", owner: 1000, group: 1000", "4750 1000:1000")]
    [InlineData("/home/alice/f", 1000, 1000, "2770", ", owner: 1000", "0770 1000:0")]
    // Root's in a user's directory may be what the user has put there.
    [InlineData("/home/alice/f", 0, 0, "6755", "", "0755 0:0")]
    [InlineData("/home/alice/f", 1001, 1001, "6777", ", owner: 1000, group: 1000", "0755 1000:1000")]
    public void A_mode_that_is_not_asked_for_hands_out_no_rights(string path, int uid, int gid, string mode, string owner, string expected)
    {
        root.Put(path, "old", "0600");
        Assert.Equal(0, MonoSyscall.chown(root.At(path), (uint)uid, (uint)gid));
        Mode(path, mode);
        Assert.Empty(Run($"files: [{{path: {path}, content: new{owner}}}]").Problems);
        Assert.Equal(("new", expected), (root.Read(path), root.ModeAndOwner(path)));
    }

    [Fact]
    public void A_program_of_root_that_has_a_second_name_in_a_shared_directory_gives_no_rights()
    {
        root.Put("/etc/sudo", "sudo", "4755");
        Assert.Equal(0, MonoSyscall.link(root.At("/etc/sudo"), root.At("/shared/f")));
        Assert.Empty(Run("files: [{path: /shared/f, content: new}]").Problems);
        Assert.Equal(("0755 0:0", "4755 0:0", "sudo"), (root.ModeAndOwner("/shared/f"), root.ModeAndOwner("/etc/sudo"), root.Read("/etc/sudo")));
    }

    [Theory]
    [InlineData("0666", "0755")]
    [InlineData("0777", "0755")]
    [InlineData("0660", "0750")]
    [InlineData("0622", "0700")]
    public void The_parents_of_a_file_that_others_may_write_are_not_writable_for_them(string mode, string parent)
    {
        Assert.Empty(Run($"files: [{{path: /a/b/f, permissions: {mode}, content: x}}]").Problems);
        Assert.Equal([parent + " 0:0", parent + " 0:0"], new[] { "/a", "/a/b" }.Select(root.ModeAndOwner));
    }

    [Theory]
    [InlineData("/shared/f", "new", "0644 0:0")]
    [InlineData("/home/alice/f", "new", "0644 0:0")]
    public void A_file_with_a_second_name_is_replaced_and_the_other_name_stays(string path, string content, string attributes)
    {
        root.Put("/etc/victim", "old", "0640");
        Assert.Equal(0, MonoSyscall.link(root.At("/etc/victim"), root.At(path)));
        Assert.Empty(Run($"files: [{{path: {path}, content: {content}, permissions: 0644}}]").Problems);
        Assert.Equal((content, attributes, "old", "0640 0:0"), (root.Read(path), root.ModeAndOwner(path), root.Read("/etc/victim"), root.ModeAndOwner("/etc/victim")));
    }

    [Theory]
    [InlineData("/home/carol", 0, "uid: '1500'", null)]
    [InlineData("/home/carol", 1500, "uid: '1500'", null)]
    [InlineData("/home/carol", 1000, "uid: '1500'", "/home/carol cannot be the home of user 1500: it belongs to user 1000")]
    [InlineData("/home/alice/carol", -1, "uid: '1500'", "/home/alice/carol cannot be the home of user 1500: it is in a directory of user 1000")]
    [InlineData("/home/alice/carol", 1500, "", "it is in a directory of user 1000")]
    [InlineData("/shared/carol", 0, "uid: '1500'", "it belongs to root, but another user can have put it there")]
    public void A_home_is_the_users_only_where_nobody_else_can_have_put_it(string home, int owner, string fields, string? refusal)
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
            Assert.EndsWith(" 1500:1000", root.ModeAndOwner(home));
            return;
        }
        Assert.Contains(refusal, Assert.Single(report.Problems).Reason);
        // The user is not added either.
        Assert.Equal(before, root.Read("/etc/passwd") + root.Read("/etc/group") + root.Read("/etc/shadow"));
        if (owner >= 0) Assert.EndsWith($" {owner}:{owner}", root.ModeAndOwner(home));
    }

    /// <summary>No new file can take the place of a mount point, so the old one is written to, or not at all.</summary>
    [Theory]
    [InlineData(1000, false, null)]
    [InlineData(1000, true, "has another hard link and cannot be replaced by a new file")]
    [InlineData(0, false, "belongs to user 0, in /home/alice of user 1000")]
    [InlineData(1001, false, "belongs to user 1001, in /home/alice of user 1000")]
    public void A_mount_point_in_a_home_is_written_to_only_where_the_file_is_the_users(int owner, bool hasSecondName, string? refusal)
    {
        root.Put("/home/alice/f", "old", "0644");
        Assert.Equal(0, MonoSyscall.chown(root.At("/home/alice/f"), (uint)owner, (uint)owner));
        if (hasSecondName) Assert.Equal(0, MonoSyscall.link(root.At("/home/alice/f"), root.At("/etc/second")));
        root.Put("/oem/90.yaml", "stages: {initramfs: [{files: [{path: /home/alice/f, content: new, permissions: 0600}]}]}", "0600");
        KairosBoot.CloudConfig.StageReport? report = null;
        root.Inside(() =>
        {
            Syscall.Mount("/home/alice/f", "/home/alice/f", "", MountFlags.Bind, "");
            report = new KairosBoot.CloudConfig.StageRunner(["/oem"], new(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).Run("initramfs");
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
        Assert.Contains("is a script and was not run, because /run/config is in a directory of user 1000", Assert.Single(Run("datasource: {providers: [file], path: /seed}").Problems).Reason);
        Assert.False(root.Has("/script"));
    }
}
