using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>Steps on the real kernel. All paths of the steps are inside the namespace's tmpfs.</summary>
public sealed class StepExecutorTests
{
    private static StepExecutor Executor() => new(new KernelModules(), MessageLog.None);

    [Theory]
    [InlineData("ext4")]
    [InlineData("squashfs")]
    [InlineData("erofs")]
    public void An_image_is_mounted_by_its_superblock_not_by_its_name(string type) => MountNamespace.Run(scratch =>
    {
        var image = Image(scratch, type);
        Executor().Apply(new MountImage(StepClass.Required, image, scratch + "/root", ReadOnly: true));
        var mount = MountTable.Read().Single(m => m.MountPoint == scratch + "/root");
        Assert.Equal((type, true), (mount.Type, mount.ReadOnly));
        Assert.StartsWith("/dev/loop", mount.Source);
        Assert.Equal("hello", File.ReadAllText(scratch + "/root/file"));
        Assert.Equal(Errno.EROFS, Assert.Throws<SyscallException>(() => FileText.Write(scratch + "/root/new", "x")).Errno);
    });

    [Theory]
    [InlineData("zeros", "has no known file system")]
    [InlineData("cut", "is truncated")]
    [InlineData("absent", "is missing")]
    [InlineData("directory", "is not a file")]
    public void An_invalid_image_is_refused_and_nothing_stays_mounted(string kind, string reason) => MountNamespace.Run(scratch =>
    {
        var image = scratch + "/bad.img";
        switch (kind)
        {
            case "zeros": File.WriteAllBytes(image, new byte[1 << 20]); break;
            case "cut":
                File.Move(Image(scratch, "ext4"), image);
                using (var file = File.OpenWrite(image)) file.SetLength(1 << 20);
                break;
            case "directory": Directory.CreateDirectory(image); break;
        }
        var failure = Assert.Throws<StepFailedException>(
            () => Executor().Apply(new MountImage(StepClass.Required, image, scratch + "/root", ReadOnly: true)));
        Assert.Contains(image, failure.Message);
        Assert.Contains(reason, failure.Message);
        Assert.DoesNotContain(MountTable.Read(), m => m.MountPoint == scratch + "/root");
    });

    [Fact]
    public void A_failed_degraded_step_does_not_stop_other_steps() => MountNamespace.Run(scratch =>
    {
        var results = Executor().Apply(
        [
            new MountFileSystem(StepClass.Degraded, "/dev/none", scratch + "/a", "ext4", "rw"),
            new MountFileSystem(StepClass.Required, "tmpfs", scratch + "/b", "tmpfs", "nosuid,mode=0700"),
        ]);
        Assert.Contains("/dev/none", results[0].Error?.ToString());
        Assert.Null(results[1].Error);
        Assert.Contains("nosuid", MountTable.Read().Single(m => m.MountPoint == scratch + "/b").Options);
    });

    [Fact]
    public void A_mount_point_missing_in_a_read_only_root_is_reported() => MountNamespace.Run(scratch =>
    {
        Executor().Apply(new MountImage(StepClass.Required, Image(scratch, "squashfs"), scratch + "/root", ReadOnly: true));
        var result = Executor().Apply(new MountFileSystem(StepClass.Degraded, "tmpfs", scratch + "/root/data", "tmpfs", "rw"));
        Assert.Contains("mount point", result.Error?.ToString());
        Assert.Contains("mkdir -p", result.Error?.ToString());
    });

    [Fact]
    public void State_is_seeded_once_from_the_image_and_then_left_alone() => MountNamespace.Run(scratch =>
    {
        var directory = new PersistentDirectory(scratch + "/etc/ssh", scratch + "/state/etc-ssh.bind", scratch + "/state/old-name.bind");
        Directory.CreateDirectory(directory.Path);
        File.WriteAllText(directory.Path + "/config", "image");
        var seed = new SeedPersistent(StepClass.Degraded, [directory]);
        var bind = new BindPersistent(StepClass.Degraded, directory);
        Assert.All(Executor().Apply([seed, bind]), result => Assert.Null(result.Error?.ToString() ?? result.Shortfall));
        File.WriteAllText(directory.Path + "/config", "user");
        Syscall.Umount(directory.Path);
        Assert.Equal("image", File.ReadAllText(directory.Path + "/config"));
        Assert.All(Executor().Apply([seed, bind]), result => Assert.Null(result.Error?.ToString() ?? result.Shortfall));
        Assert.Equal("user", File.ReadAllText(directory.Path + "/config"));
    });

    [Fact]
    public void A_store_that_cannot_be_created_does_not_affect_the_others() => MountNamespace.Run(scratch =>
    {
        PersistentDirectory Path(string name) => new($"{scratch}/etc/{name}", $"{scratch}/state/etc-{name}.bind", null);
        PersistentDirectory first = Path("a"), broken = Path("b"), last = Path("c");
        foreach (var directory in (PersistentDirectory[])[first, broken, last]) Directory.CreateDirectory(directory.Path);
        Directory.CreateDirectory(scratch + "/state");
        File.WriteAllText(broken.Store, "not a directory");
        var results = Executor().Apply([
            new SeedPersistent(StepClass.Degraded, [first, broken, last]),
            new BindPersistent(StepClass.Degraded, first), new BindPersistent(StepClass.Degraded, broken),
                new BindPersistent(StepClass.Degraded, last),
        ]);
        Assert.Equal([true, true, false, true], results.Select(result => result.Error is null));
        Assert.Contains(broken.Store, results[0].Shortfall);
        Assert.Equal([first.Path, last.Path], MountTable.Read().Select(m => m.MountPoint).Where(p => p.StartsWith(scratch + "/etc/")));
    });

    [Fact]
    public void An_incomplete_copy_is_not_used_as_a_store() => MountNamespace.Run(scratch =>
    {
        var directory = new PersistentDirectory(scratch + "/etc", scratch + "/state/etc.bind", null);
        Directory.CreateDirectory(directory.Path);
        File.WriteAllText(directory.Path + "/whole", "1");
        Directory.CreateDirectory(scratch + "/state/.kairosboot/staging/0/half");
        File.WriteAllText(scratch + "/state/.kairosboot/manifest.new", "half");
        Assert.Null(Executor().Apply(new SeedPersistent(StepClass.Degraded, [directory])).Shortfall);
        Assert.Equal([scratch + "/state/.kairosboot/key", scratch + "/state/.kairosboot/manifest"],
            Directory.GetFileSystemEntries(scratch + "/state/.kairosboot").Order(StringComparer.Ordinal));
        Assert.Equal([directory.Store + "/whole"], Directory.GetFileSystemEntries(directory.Store));
    });

    [Fact]
    public void A_store_with_the_name_that_Kairos_gave_it_is_used() => MountNamespace.Run(scratch =>
    {
        var directory = new PersistentDirectory(scratch + "/a-b", scratch + @"/state/a\x2db.bind", scratch + "/state/a-b.bind");
        Directory.CreateDirectory(directory.FormerStore!);
        File.WriteAllText(directory.FormerStore + "/kept", "1");
        Assert.All(Executor().Apply([new SeedPersistent(StepClass.Degraded, [directory]),
            new BindPersistent(StepClass.Degraded, directory)]),
            result => Assert.Null(result.Error?.ToString() ?? result.Shortfall));
        Assert.True(File.Exists(directory.Path + "/kept"));
        Assert.False(Directory.Exists(directory.Store));
    });

    private static string Image(string scratch, string type)
    {
        string tree = scratch + "/tree", image = scratch + "/some.name";
        Directory.CreateDirectory(tree);
        File.WriteAllText(tree + "/file", "hello");
        switch (type)
        {
            case "ext4": MountNamespace.Tool("mke2fs", "-q", "-t", "ext4", "-d", tree, image, "8M"); break;
            case "squashfs": MountNamespace.Tool("mksquashfs", tree, image, "-quiet", "-no-progress"); break;
            case "erofs": MountNamespace.Tool("mkfs.erofs", image, tree); break;
        }
        return image;
    }
}
