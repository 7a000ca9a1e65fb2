using KairosBoot.Execution;
using KairosBoot.Plan;

using Posix = Mono.Unix.Native.Syscall;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// Images and users change one state directory in turn. All files of images have the same times, as in reproducible builds.
/// </summary>
public sealed class StateSeedTests
{
    private const string First =
        "for f in same changed dropped; do for u in left edited deleted; do echo v1 > $f-$u; done; done; mkdir -p gone/deep ours; echo " +
            "v1 > gone/deep/f; echo v1 > ours/f";
    private const string Second =
        "for f in same changed; do for u in left edited deleted; do echo v1 > $f-$u; done; done; for u in left edited deleted; do echo " +
            "v2, longer > changed-$u; done; echo v2 > new; echo v2 > made";

    [Fact]
    public void Every_file_is_merged_from_image_and_user() => OnVolume(machine =>
    {
        machine.Install(First);
        Assert.Equal((1, 0), (machine.GoodBoot("1").Seeded, machine.GoodBoot("1").Compared));
        machine.User("for f in same changed dropped; do echo user > $f-edited; rm $f-deleted; done; echo user > made; echo user > " +
            "ours/mine");
        machine.Install(Second);
        var result = machine.GoodBoot("2");
        Assert.Equal(
            """
            changed-edited user
            changed-left v2, longer
            dropped-edited user
            made user
            new v2
            ours/mine user
            same-edited user
            same-left v1
            """, Contents(machine));
        // changed-left; new; dropped-left, gone with all in it, ours/f
        Assert.Equal((1, 1, 5), (result.Followed, result.Added, result.Removed));
        Assert.Equal(["changed-edited", "dropped-edited", "made"], result.KeptNames.Select(Path.GetFileName).Order());
        Assert.False(Directory.Exists(machine.Store + "/gone"));

        machine.Install(First);
        machine.GoodBoot("1");
        Assert.Equal(
            """
            changed-edited user
            changed-left v1
            dropped-edited user
            dropped-left v1
            gone/deep/f v1
            made user
            ours/f v1
            ours/mine user
            same-edited user
            same-left v1
            """, Contents(machine));
    });

    [Fact]
    public void A_new_machine_awaits_its_first_boot_until_the_mark_is_deleted() => OnVolume(machine =>
    {
        machine.Install("echo v1 > file");
        // A power cut before the directory had its name.
        var control = Path.GetDirectoryName(machine.Store) + "/.kairosboot";
        Directory.CreateDirectory(control + ".new/staging");
        Assert.Equal(control + "/first-boot", machine.GoodBoot("1").FirstBoot);
        Assert.False(Path.Exists(control + ".new"));
        Assert.Equal(control + "/first-boot", machine.GoodBoot("1").FirstBoot);
        Assert.Equal(control + "/first-boot", machine.GoodBoot("2").FirstBoot);
        File.Delete(control + "/first-boot");
        Assert.Null(machine.GoodBoot("2").FirstBoot);
        Assert.Null(machine.GoodBoot("3").FirstBoot);
    });

    [Fact]
    public void A_machine_with_stores_from_before_has_had_its_first_boot() => OnVolume(machine =>
    {
        machine.Install("echo v1 > file");
        Directory.CreateDirectory(machine.Store);
        Assert.Null(machine.GoodBoot("1").FirstBoot);
    });

    [Fact]
    public void A_file_that_follows_the_image_has_all_its_attributes() => OnVolume(machine =>
    {
        const string Odd =
            """
            echo v2 > file; chmod 4755 file; chown 12:34 file; setfattr -n user.mark -v v2 file; ln file sub/hard; ln -s /v2 soft; chown -h 5:6 soft
            mkfifo -m 600 pipe; mknod -m 640 device c 1 5; setcap cap_net_raw=ep tool; setfacl -m u:7:r acl; chmod 2770 sub; chown 7:8 sub; setfattr -n trusted.d -v 2 sub
            setfacl -d -m u:9:rwx sub; truncate -s 4M holes; printf end >> holes; touch "new
            line" "$(printf 'latin\351')" "back\\slash" " "
            """;
        machine.Install("mkdir sub; echo v1 > file; echo v1 > tool; echo v1 > acl; ln -s /v1 soft; echo v1 > pipe; mknod device c 1 3; " +
            "echo v1 > holes; setfattr -n trusted.old -v 1 sub; setfacl -m u:3:rwx sub");
        machine.GoodBoot("1");
        machine.Install("mkdir sub; echo v1 > tool; echo v1 > acl; " + Odd);
        machine.GoodBoot("2");
        Assert.Equal(StateMachine.List(machine.Image), StateMachine.List(machine.Store));
        Posix.stat(machine.Store + "/file", out var file);
        Posix.stat(machine.Store + "/sub/hard", out var hard);
        Assert.Equal((file.st_ino, 2UL), (hard.st_ino, (ulong)hard.st_nlink));
        Posix.stat(machine.Store + "/holes", out var holes);
        Assert.InRange(holes.st_blocks * 512, 0, 1 << 16);
        Posix.stat(machine.Store + "/device", out var device);
        Assert.Equal(0x105UL, device.st_rdev);

        FileTree.Delete(machine.Store);
        machine.GoodBoot("2");
        Assert.Equal(StateMachine.List(machine.Image), StateMachine.List(machine.Store));
        Posix.stat(machine.Store + "/holes", out holes);
        Assert.InRange(holes.st_blocks * 512, 0, 1 << 16);
    });

    [Theory]
    [InlineData("chmod 600 f")]
    [InlineData("chown 9 f")]
    [InlineData("setfattr -n user.mine -v 1 f")]
    [InlineData("setfacl -m u:9:r f")]
    [InlineData("printf V1 > f")]
    [InlineData("ln -sf elsewhere f")]
    [InlineData("rm f; mkdir f")]
    [InlineData("rm f; mkfifo f")]
    public void Any_change_by_the_user_keeps_the_file(string change) => OnVolume(machine =>
    {
        machine.Install("printf v1 > f");
        machine.GoodBoot("1");
        machine.User(change);
        var before = StateMachine.List(machine.Store);
        machine.Install("printf v2 > f");
        Assert.Equal(1, machine.GoodBoot("2").Kept);
        Assert.Equal(before, StateMachine.List(machine.Store));
    });

    [Theory]
    [InlineData("touch f")]
    [InlineData("setfattr -n security.selinux -v system_u:object_r:etc_t:s0 f")]
    [InlineData("cp -a f g; mv g f")]
    public void A_backup_or_a_relabelling_is_not_a_change_by_the_user(string change) => OnVolume(machine =>
    {
        machine.Install("printf v1 > f");
        machine.GoodBoot("1");
        machine.User(change);
        machine.Install("printf v2 > f");
        Assert.Equal((1, 0), (machine.GoodBoot("2").Followed, machine.Boot("2").Kept));
        Assert.Equal("v2", File.ReadAllText(machine.Store + "/f"));
    });

    [Fact]
    public void A_store_of_another_system_keeps_its_files_and_gets_missing_ones() => OnVolume(machine =>
    {
        machine.Install("echo v1 > same; echo v1 > other; echo v1 > lacking; mkdir d; echo v1 > d/f");
        Directory.CreateDirectory(machine.Store);
        machine.User("echo v1 > same; echo theirs > other; echo theirs > mine");
        machine.GoodBoot("1");
        Assert.Equal("d/f v1\nlacking v1\nmine theirs\nother theirs\nsame v1", Contents(machine));
        machine.Install("echo v2 > same; echo v2 > other");
        machine.GoodBoot("2");
        Assert.Equal("mine theirs\nother theirs\nsame v2", Contents(machine));
    });

    [Fact]
    public void A_store_without_a_path_in_the_image_is_kept() => OnVolume(machine =>
    {
        FileTree.Delete(machine.Scratch + "/image");
        machine.GoodBoot("0");
        Assert.Empty(Directory.GetFileSystemEntries(machine.Store));
        machine.Install("echo v1 > f; chmod 700 .");
        machine.GoodBoot("1");
        Assert.Equal(StateMachine.List(machine.Image), StateMachine.List(machine.Store));
    });

    [Fact]
    public void An_empty_store_has_the_attributes_of_the_image_and_keeps_those_of_the_user() => OnVolume(machine =>
    {
        machine.Install("chmod 2750 .; chown 5:6 .");
        Assert.Equal(1, machine.GoodBoot("1").Seeded);
        Assert.Equal(StateMachine.List(machine.Image), StateMachine.List(machine.Store));
        machine.Install("chmod 1777 .");
        Assert.Equal(1, machine.GoodBoot("2").Followed);
        machine.User("chmod 700 .; chown 9 .");
        var before = StateMachine.List(machine.Store);
        machine.Install("chmod 755 .");
        Assert.Equal(1, machine.GoodBoot("3").Kept);
        Assert.Equal(before, StateMachine.List(machine.Store));
    });

    [Fact]
    public void Each_empty_store_has_the_signature_of_its_own_attributes() => OnVolume(machine =>
    {
        string[] names = ["a", "b", "c", "d", "e", "f"];
        PersistentSeedResult Boot(string id) => PersistentSeed.Seed(new(StepClass.Degraded,
            [.. names.Select(name => new PersistentDirectory($"{machine.Image}/{name}", $"{machine.Target}/{name}.bind", null))], id));
        machine.Install("mkdir a b c d e f; chmod 700 c; chown 5 d; touch e/file");
        Assert.Equal((6, 0), (Boot("1").Seeded, Boot("1").Compared));
        machine.Install("mkdir -m 711 a b c d e f; touch e/file");
        var result = Boot("2");
        Assert.Equal((6, 0, 0), (result.Followed, result.Kept, result.Problems.Count));
    });

    [Fact]
    public void The_manifest_of_a_path_stays_if_the_layout_drops_the_path() => OnVolume(machine =>
    {
        machine.Install("mkdir a b; echo v1 > a/f; echo v1 > b/f");
        PersistentDirectory Of(string name) => new($"{machine.Image}/{name}", $"{machine.Target}/etc-{name}.bind", null);
        PersistentSeedResult Boot(string id, params string[] names) =>
            PersistentSeed.Seed(new(StepClass.Degraded, [.. names.Select(Of)], id));
        Assert.Equal(2, Boot("1", "a", "b").Seeded);
        machine.Install("mkdir a b; echo v2 > a/f; echo v2 > b/f");
        Assert.Equal(1, Boot("2", "b").Followed);
        File.Delete(Of("a").Store + "/f");
        Assert.Equal((1, 0), (Boot("2", "a", "b").Compared, Boot("2", "b", "a").Compared));
        Assert.Equal((false, true), (File.Exists(Of("a").Store + "/f"), File.Exists(Of("b").Store + "/f")));
    });

    [Fact]
    public void The_executor_logs_the_changes_by_a_new_image() => OnVolume(machine =>
    {
        machine.Install("echo v1 > f");
        List<string> lines = [];
        var log = new ListLog(lines, LogLevel.Information);
        var executor = new StepExecutor(new KernelModules(), log);
        executor.Apply(machine.Step("1"));
        machine.User("echo user > f");
        machine.Install("echo v2 > f");
        executor.Apply(machine.Step("2"));
        executor.Apply(machine.Step("2"));
        Assert.Single(lines, line => line.StartsWith("state: 1 paths copied", StringComparison.Ordinal));
        Assert.Single(lines, line => line.EndsWith("1 kept that both changed", StringComparison.Ordinal)
            && line.Contains("1 compared", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith($"state: {machine.Image}/f: changed by the user", StringComparison.Ordinal));
    });

    [Fact]
    public void Images_are_distinguished_without_reading_them_completely() => OnVolume(machine =>
    {
        string a = machine.Scratch + "/volume/a.img", b = machine.Scratch + "/volume/b.img";
        var start = new byte[4096];
        File.WriteAllBytes(a, start);
        StateMachine.Sh($"truncate -s 1T {a}; touch -d @1 {a}; cp -a --sparse=always {a} {b} && mv {a} {a}.old && cp -a {b} {a}".Replace(
            "1T", "4M"));
        string[] ids = [ImageIdentity.Of(a), ImageIdentity.Of(b), ImageIdentity.Of(a + ".old")];
        Assert.Equal(3, ids.Distinct().Count());
        Assert.Equal(ids[0], ImageIdentity.Of(a));
        StateMachine.Sh($"printf x | dd of={a} bs=1 seek=1100 conv=notrunc status=none; touch -d @1 {a}");
        Assert.NotEqual(ids[0], ImageIdentity.Of(a));
    });

    internal static void OnVolume(Action<StateMachine> body, int megabytes = 32, string options = "") => MountNamespace.Run(scratch =>
    {
        StateMachine.Sh($"truncate -s {megabytes}M {scratch}/disk && mke2fs -q -F -t ext4 {options} {scratch}/disk && mkdir " +
            $"{scratch}/volume");
        using (var device = LoopDevice.Attach(scratch + "/disk", readOnly: false))
            Syscall.Mount(device.Path, scratch + "/volume", "ext4", MountFlags.None, "");
        try { body(new StateMachine(scratch)); }
        finally { Syscall.Umount(scratch + "/volume"); }
    });

    private static string Contents(StateMachine machine) =>
        StateMachine.Sh($"cd {machine.Store} && find . -type f -printf '%P ' -exec cat {{}} \\; | sort").TrimEnd('\n');
}
