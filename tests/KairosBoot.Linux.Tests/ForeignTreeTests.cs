namespace KairosBoot.Linux.Tests;

public sealed class ForeignTreeTests : IDisposable
{
    private readonly string scratch = Directory.CreateTempSubdirectory("kairosboot-").FullName;
    private readonly string root;

    public ForeignTreeTests()
    {
        root = scratch + "/root";
        Directory.CreateDirectory(root + "/etc/deep");
        Directory.CreateDirectory(root + scratch);
        Directory.CreateDirectory(scratch + "/host");
        File.WriteAllText(scratch + "/host/file", "host");
        File.WriteAllText(root + "/etc/file", "tree");
        Syscall.Symlink("/etc/file", root + "/absolute");
        Syscall.Symlink("../../../../../../etc/file", root + "/etc/deep/up");
        Syscall.Symlink(scratch + "/host", root + "/out");
        Syscall.Symlink("loop", root + "/loop");
        Syscall.Symlink("/etc", root + "/dir");
        Syscall.Symlink("nothing", root + "/dangling");
        Syscall.Symlink("/proc/self/root", root + "/magic");
        // Other owners than root on the way: in a stranger's tree, all files belong to the stranger.
        Mono.Unix.Native.Syscall.lchown(root + "/dir", 1234, 1234);
        AtPath.ChOwn(root + "/etc/deep", 1235, 1235);
    }

    public void Dispose() => Directory.Delete(scratch, recursive: true);

    [Theory]
    [InlineData("/absolute", "tree")]
    [InlineData("absolute", "tree")]
    [InlineData("/etc/deep/up", "tree")]
    [InlineData("/dir/file", "tree")]
    [InlineData("/../../etc/file", "tree")]
    [InlineData("/dir/deep/../../dir/file", "tree")]
    [InlineData("/out/file", null)]
    [InlineData("/out", null)]
    [InlineData("/loop", null)]
    [InlineData("/loop/x", null)]
    [InlineData("/dangling", null)]
    [InlineData("/magic/etc/file", null)]
    [InlineData("/etc/file/x", null)]
    public void A_path_stays_in_the_tree_with_and_without_openat2(string path, string? content)
    {
        using var top = Syscall.Open(root, OpenFlags.Path | OpenFlags.Directory);
        using var byKernel = Syscall.TryOpenInRoot(top, path, followLast: true, out var isSupported);
        using var byWalk = UntrustedTree.Walk(root, path, followLast: true);
        using var either = UntrustedTree.TryOpen(root, path);
        foreach (var file in isSupported ? new[] { byKernel, byWalk, either } : [byWalk, either])
            Assert.Equal(content, file is null ? null : System.Text.Encoding.UTF8.GetString(BoundedFile.Read(file, ReadLimit.SystemFile)));
    }

    [Theory]
    [InlineData("/loop")]
    [InlineData("/out")]
    [InlineData("/dangling")]
    public void A_link_at_the_end_can_be_opened_itself(string path)
    {
        using var top = Syscall.Open(root, OpenFlags.Path | OpenFlags.Directory);
        using var byKernel = Syscall.TryOpenInRoot(top, path, followLast: false, out var isSupported);
        using var byWalk = UntrustedTree.Walk(root, path, followLast: false);
        foreach (var link in isSupported ? new[] { byKernel!, byWalk! } : [byWalk!])
            Assert.Equal(FileType.Symlink, Syscall.FStat(link).Type);
    }

    [Theory]
    [InlineData(Errno.ENOSYS)]
    [InlineData(Errno.EPERM)]
    public void Without_openat2_the_walker_is_used(int errno) => SystemCallFilter.Run(437, errno, () =>
    {
        using var top = Syscall.Open(root, OpenFlags.Path | OpenFlags.Directory);
        Assert.Null(Syscall.TryOpenInRoot(top, "/absolute", followLast: true, out var isSupported));
        Assert.False(isSupported);
        Assert.Equal("tree"u8.ToArray(), UntrustedTree.TryRead(root, "/absolute", ReadLimit.SystemFile));
        Assert.Null(UntrustedTree.TryRead(root, "/out/file", ReadLimit.SystemFile));
        Assert.Equal(["deep", "file"], UntrustedTree.Names(root, "/dir"));
    });

    [Fact]
    public void The_root_itself_is_a_valid_path()
    {
        Assert.True(UntrustedTree.HasDirectory(root, ""));
        Assert.True(UntrustedTree.HasDirectory(root, "/"));
        Assert.Contains("etc", UntrustedTree.Names(root, "/"));
    }

    [Fact]
    public void An_attribute_is_set_on_the_file_or_the_link_itself()
    {
        using var file = UntrustedTree.TryOpen(root, "/etc/file")!;
        ExtendedAttributes.Set(file, "user.x", "1"u8);
        using var link = UntrustedTree.TryOpen(root, "/absolute", followLast: false)!;
        // A link cannot have a user attribute: if the link had been followed, its target would have it.
        Assert.Equal(Errno.EPERM, Assert.Throws<SyscallException>(() => ExtendedAttributes.Set(link, "user.y", "1"u8)).Errno);
    }
}
