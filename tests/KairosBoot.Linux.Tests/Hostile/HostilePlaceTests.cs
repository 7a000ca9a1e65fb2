using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>Mount points, stores and layers that a user has changed: user 1000 owns <c>/root/home/u</c> of the scratch directory.</summary>
public sealed class HostilePlaceTests
{
    private const string Home = "/root/home/u", Usr = "/root/usr/lib";

    // By the walker's rule, a user's link leads only to the user's own files, and a mount is made only at its own path.
    public static TheoryData<string> Links =>
    [
        "ln -s ../../usr/lib data", "ln -s \"$OLDPWD/usr/lib\" data", "ln -s ../../../root/usr/lib data", "mkdir own; ln -s own data",
            "ln -s . data", "ln -s .. data",
        "ln -s ../../usr between; ln -s between/lib data", "ln -s / data", "ln -s data data", "ln -s /nothing/at/all data",
    ];

    [Theory]
    [MemberData(nameof(Links))]
    public void Nothing_is_mounted_through_a_users_link(string link) => InHome(link, scratch =>
    {
        foreach (var step in Steps(scratch, scratch + Home + "/data"))
        {
            var result = Executor().Apply(step);
            Assert.NotNull(result.Error);
            Assert.Contains(scratch + Home, result.Error + (link == "ln -s data data" || link.Contains("nothing") ? scratch + Home : ""));
        }
        Assert.Equal([scratch], Mounts(scratch));
        Assert.Equal("file\n", StateMachine.Sh($"ls {scratch}{Usr}"));
    });

    [Theory]
    [MemberData(nameof(Links))]
    public void Nothing_is_mounted_through_a_directory_replaced_by_a_link(string link) => InHome(link, scratch =>
    {
        foreach (var step in Steps(scratch, scratch + Home + "/data/below")) Assert.NotNull(Executor().Apply(step).Error);
        Assert.Equal([scratch], Mounts(scratch));
        Assert.Equal("file\n", StateMachine.Sh($"ls {scratch}{Usr}"));
    });

    [Theory]
    [InlineData("mkdir data")]
    [InlineData("true")]
    [InlineData("mkdir -p data/below/it")]
    public void A_path_in_a_users_directory_is_mounted_at_its_place(string make) => InHome(make, scratch =>
    {
        foreach (var step in Steps(scratch, scratch + Home + "/data"))
        {
            Assert.Null(Executor().Apply(step).Error);
            Assert.Equal([scratch, scratch + Home + "/data"], Mounts(scratch));
            Syscall.Umount(scratch + Home + "/data");
        }
    });

    [Fact]
    public void A_link_of_root_is_followed() => InHome("true", scratch =>
    {
        StateMachine.Sh($"cd {scratch}/root; mkdir -p var/data; ln -s var/data data");
        foreach (var step in Steps(scratch, scratch + "/root/data"))
        {
            Assert.Null(Executor().Apply(step).Error);
            Assert.Equal([scratch, scratch + "/root/var/data"], Mounts(scratch));
            Syscall.Umount(scratch + "/root/var/data");
        }
    });

    [Theory]
    [InlineData("ln -s ../../usr/lib state")]
    [InlineData("mkdir state; ln -s ../../../usr/lib state/data.bind")]
    [InlineData("mkdir state; touch state/data.bind")]
    [InlineData("mkdir state; mkfifo state/data.bind")]
    public void A_store_that_a_user_replaced_is_refused(string make) => InHome(make, scratch =>
    {
        var directory = new PersistentDirectory(scratch + "/root/target", scratch + Home + "/state/data.bind", null);
        var results = Executor().Apply([new SeedPersistent(StepClass.Degraded, [directory]),
            new BindPersistent(StepClass.Degraded, directory)]);
        Assert.NotNull(results[0].Error?.ToString() ?? results[0].Shortfall);
        Assert.NotNull(results[1].Error);
        Assert.Equal([scratch], Mounts(scratch));
        Assert.Equal("file\n", StateMachine.Sh($"ls -A {scratch}{Usr}"));
    });

    [Theory]
    [InlineData("upper")]
    [InlineData("work")]
    public void A_layer_that_is_a_link_is_refused(string layer) => InHome($"mkdir store; ln -s ../../../usr/lib store/{layer}", scratch =>
    {
        var overlay = new MountOverlay(StepClass.Degraded, scratch + "/root/target", scratch + Home + "/store", "/store", Keeps: true);
        Assert.Contains($"store/{layer} is not a directory; it belongs to user 1000", Executor().Apply(overlay).Error?.ToString());
        Assert.Equal([scratch], Mounts(scratch));
    });

    [Fact]
    public void An_old_layer_that_is_a_link_is_deleted_without_its_target() => InHome("true", scratch =>
    {
        StateMachine.Sh($"cd {scratch}/root; ln -s usr/lib store");
        Assert.Null(Executor().Apply(new MountOverlay(StepClass.Degraded, scratch + "/root/target", scratch + "/root/store", "/store",
            Keeps: false)).Error?.ToString());
        Assert.Equal("file\n", StateMachine.Sh($"ls -A {scratch}{Usr}"));
        Assert.True(Directory.Exists(scratch + "/root/store/upper"));
    });

    [Fact]
    public void A_path_replaced_by_a_users_link_is_not_copied() => InHome("ln -s ../../usr/lib data", scratch =>
    {
        var directory = new PersistentDirectory(scratch + Home + "/data", scratch + "/root/state/data.bind", null);
        var result = Executor().Apply(new SeedPersistent(StepClass.Degraded, [directory]));
        Assert.Contains("belongs to user 1000", result.Shortfall);
        Assert.False(Directory.Exists(directory.Store));
    });

    [Theory]
    [InlineData("ln -s ../../usr/lib data", "/data/file")]
    [InlineData("ln -s ../../usr/lib/file data", "/data")]
    public void A_file_is_not_written_through_a_users_link(string make, string path) => InHome(make, scratch =>
    {
        var step = new WriteFile(StepClass.Degraded, scratch + Home + path, "written");
        Assert.Contains("user 1000", Executor().Apply(step).Error?.ToString());
        Assert.Equal("", StateMachine.Sh($"cat {scratch}{Usr}/file"));
    });

    [Theory]
    [InlineData("rm -rf d; ln -s ../outside d")]
    [InlineData("mv d e; ln -s e d")]
    [InlineData("rm -rf d; mkfifo d")]
    [InlineData("rm -rf d/e; ln -s ../../outside d/e")]
    [InlineData("rm d/e/f; ln -s ../../../outside/f d/e/f; chown -h 1000 d/e/f")]
    public void A_merge_does_not_follow_a_link_out_of_the_store(string user) => StateSeedTests.OnVolume(machine =>
    {
        machine.Install("mkdir -p d/e gone; echo v1 > d/e/f; echo v1 > gone/f");
        machine.GoodBoot("1");
        StateMachine.Sh($"cd {machine.Target}; mkdir -p outside/e; echo out > outside/f; echo out > outside/e/f; chmod 600 outside/f " +
            "outside/e/f; touch -d @9 outside/f outside/e outside");
        var before = StateMachine.List(machine.Target + "/outside");
        machine.User(user);
        machine.Install("mkdir -p d/e; echo v2 > d/e/f; chmod 4755 d/e/f; echo v2 > d/new; chown 7:7 d/e; chmod 700 d");
        Assert.Empty(machine.Boot("2").Problems);
        machine.Install("mkdir other");
        Assert.Empty(machine.Boot("3").Problems);
        Assert.Equal(before, StateMachine.List(machine.Target + "/outside"));
    });

    private static IEnumerable<Step> Steps(string scratch, string target)
    {
        StateMachine.Sh($"mkdir -p {scratch}/root/state/data.bind");
        yield return new MountFileSystem(StepClass.Degraded, "tmpfs", target, "tmpfs", "rw");
        yield return new MountOverlay(StepClass.Degraded, target, scratch + "/overlays/data", "/overlays/data", Keeps: false);
        yield return new BindPersistent(StepClass.Degraded, new PersistentDirectory(target, scratch + "/root/state/data.bind", null));
    }

    private static void InHome(string make, Action<string> body) => MountNamespace.Run(scratch =>
    {
        StateMachine.Sh($"cd {scratch}; mkdir -p root/target root{Usr[5..]} root{Home[5..]} overlays; touch root/usr/lib/file; chown " +
            $"1000:1000 .{Home}; cd root; " +
            $"cd home/u; OLDPWD={scratch}/root; {make}; chown -hR 1000:1000 {scratch}{Home}");
        body(scratch);
    });

    private static List<string> Mounts(string scratch) =>
        [.. MountTable.Read().Select(mount => mount.MountPoint).Where(path => path.StartsWith(scratch, StringComparison.Ordinal))];

    private static StepExecutor Executor() => new(new KernelModules(), MessageLog.None);
}
