using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>Binds of one plan, which have their directories open in common.</summary>
public sealed class StoreBindTests
{
    [Fact]
    public void Binds_of_one_plan_find_each_kind_of_store_and_mount_point() => MountNamespace.Run(scratch =>
    {
        StateMachine.Sh(
            $"""
            cd {scratch}; mkdir -p volume etc/plain etc/root-link etc/file etc/is-file-too real var/later
            mount -t tmpfs state volume; cd volume; mkdir state elsewhere; cd state
            mkdir plain.bind new.bind to-link.bind nested.bind later.bind
            ln -s ../elsewhere root-link.bind; touch file.bind is-file-too.bind; ln -s nowhere both.bind
            cd {scratch}/etc; rmdir is-file-too; touch is-file-too; ln -s ../real to-link; ln -s nowhere both
            """);
        BindPersistent Bind(string path, string store, string? options = null) =>
            new(StepClass.Degraded, new PersistentDirectory(scratch + path, $"{scratch}/volume/state/{store}.bind", null))
            { Options = options ?? "", ChangesOptions = options is not null };
        Step[] plan =
        [
            Bind("/etc/plain", "plain", "nosuid,noexec"), Bind("/etc/root-link", "root-link"), Bind("/etc/new", "new"),
            Bind("/etc/to-link", "to-link"), Bind("/etc/plain/nested", "nested"), Bind("/etc/file", "file"),
            Bind("/etc/is-file-too", "is-file-too"), Bind("/etc/both", "both"), Bind("/etc/gone", "gone"),
            Bind("/var/later", "later"),
        ];
        var results = new StepExecutor(new KernelModules(), MessageLog.None).Apply([.. plan]);
        Assert.Equal([true, true, true, true, true, false, false, false, false, true], results.Select(result => result.Error is null));
        Assert.Equal(
        [
            ("/etc/plain", "/state/plain.bind"), ("/etc/root-link", "/elsewhere"), ("/etc/new", "/state/new.bind"),
            ("/real", "/state/to-link.bind"), ("/etc/plain/nested", "/state/nested.bind"), ("/var/later", "/state/later.bind"),
        ], Mounts(scratch));
        Assert.True(Directory.Exists(scratch + "/volume/state/plain.bind/nested"));
        Assert.Contains("nosuid,noexec", MountTable.Find(scratch + "/etc/plain")!.Options);
        Assert.DoesNotContain("nosuid", MountTable.Find(scratch + "/etc/new")!.Options);
        // Nothing keeps the volume busy.
        foreach (var (path, _) in Mounts(scratch).Reverse()) Syscall.Umount(scratch + path);
        Syscall.Umount(scratch + "/volume");
    });

    [Fact]
    public void A_bind_over_the_directory_of_the_next_one_is_seen_by_it() => MountNamespace.Run(scratch =>
    {
        StateMachine.Sh($"cd {scratch}; mkdir -p a/b/c volume; mount -t tmpfs v volume; cd volume; mkdir -p outer.bind/b/d first.bind " +
            "second.bind");
        BindPersistent Bind(string path, string store) =>
            new(StepClass.Degraded, new PersistentDirectory(scratch + path, $"{scratch}/volume/{store}.bind", null));
        // The last mount point exists only in the second bind.
        Step[] plan = [Bind("/a/b/c", "first"), Bind("/a", "outer"), Bind("/a/b/d", "second")];
        Assert.All(new StepExecutor(new KernelModules(), MessageLog.None).Apply([.. plan]), result => Assert.Null(result.Error));
        Assert.Equal([("/a/b/c", "/first.bind"), ("/a", "/outer.bind"), ("/a/b/d", "/second.bind")], Mounts(scratch));
        Assert.True(Directory.Exists(scratch + "/a/b/d"));
        Assert.Equal(scratch + "/a/b/d", StateMachine.Sh($"findmnt -no TARGET -T {scratch}/a/b/d").Trim());
    });

    private static (string, string)[] Mounts(string scratch) =>
        [.. MountTable.Read().Where(m => m.MountPoint.StartsWith(scratch + "/", StringComparison.Ordinal) && m.Root != "/")
            .Select(m => (m.MountPoint[scratch.Length..], m.Root))];
}
