using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>Writable overlays on the real kernel.</summary>
public sealed class OverlayTests
{
    public static TheoryData<int, int, int, int> Directories
    {
        get
        {
            var rows = new TheoryData<int, int, int, int>();
            foreach (var umask in (int[])[0, Octal.O022, Octal.O777])
            {
                rows.Add(Octal.O700, 0, 0, umask);
                rows.Add(Octal.O1777, 1000, 1001, umask); // 1777
                rows.Add(Octal.O2755, 5, 7, umask);       // 2755
                rows.Add(Octal.O4720, 65534, 12, umask);  // 4720
            }
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Directories))]
    public void An_overlays_mount_point_has_the_images_mode_under_any_umask(int mode, int uid, int gid, int umask) =>
        MountNamespace.Run(scratch =>
    {
        var lower = scratch + "/lower";
        Syscall.MkDir(lower, Octal.O777);
        AtPath.ChOwn(lower, uid, gid);
        AtPath.ChMod(lower, mode);
        MountNamespace.Tool("setfattr", "-n", "trusted.mark", "-v", "image", lower);
        MountNamespace.Tool("setfattr", "-n", "security.selinux", "-v", "system_u:object_r:var_t:s0", lower);
        var before = Syscall.UMask(umask);
        try { Apply(Overlay(scratch)); }
        finally { Syscall.UMask(before); }
        File.WriteAllText(lower + "/new", "x");
        Mono.Unix.Native.Syscall.stat(lower, out var seen); // Mono.Posix: an independent view
        Assert.Equal((mode, uid, gid), ((int)seen.st_mode & 0xFFF, (int)seen.st_uid, (int)seen.st_gid));
        Assert.Contains("image", MountNamespace.Tool("getfattr", "-n", "trusted.mark", scratch + "/store/upper"));
        Assert.Contains("var_t", MountNamespace.Tool("getfattr", "-n", "security.selinux", lower));
        Assert.True(File.Exists(scratch + "/store/upper/new"));
    });

    [Fact]
    public void A_missing_path_is_created_in_a_writable_directory() => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/lower");
        Apply(Overlay(scratch));
        Apply(new MountOverlay(StepClass.Required, scratch + "/lower/made/here", scratch + "/inner", "/inner", Keeps: false));
        File.WriteAllText(scratch + "/lower/made/here/new", "x");
        Assert.True(File.Exists(scratch + "/inner/upper/new"));
    });

    [Fact]
    public void A_path_missing_in_a_read_only_image_is_reported_with_the_fix() => MountNamespace.Run(scratch =>
    {
        Syscall.Mount("tmpfs", MadeDirectory(scratch + "/image"), "tmpfs", MountFlags.ReadOnly, "");
        var overlay = new MountOverlay(StepClass.Degraded, scratch + "/image/missing", scratch + "/store", "/store", Keeps: false);
        Assert.Contains($"mkdir -p {scratch}/image/missing", Executor().Apply(overlay).Error?.ToString());
    });

    [Fact]
    public void Only_our_own_directory_on_the_overlays_device_is_emptied() => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/lower/directory");
        File.WriteAllText(scratch + "/lower/file", "image");
        Apply(Overlay(scratch));
        File.WriteAllText(scratch + "/lower/file", "earlier boot");
        Directory.Delete(scratch + "/lower/directory");
        Syscall.Umount(scratch + "/lower");
        File.WriteAllText(scratch + "/others", "kept");
        Apply(Overlay(scratch));
        Assert.Equal("image", File.ReadAllText(scratch + "/lower/file"));
        Assert.True(Directory.Exists(scratch + "/lower/directory"));
        Assert.Equal("kept", File.ReadAllText(scratch + "/others"));
    });

    [Fact]
    public void A_kept_layer_is_read_only_on_a_read_only_volume() => MountNamespace.Run(scratch =>
    {
        var kept = Overlay(scratch) with { Keeps = true, Store = scratch + "/volume/store" };
        Directory.CreateDirectory(scratch + "/lower");
        File.WriteAllText(scratch + "/lower/of-the-image", "image");
        Syscall.Mount("tmpfs", MadeDirectory(scratch + "/volume"), "tmpfs", MountFlags.None, "");
        Apply(kept);
        File.WriteAllText(scratch + "/lower/kept", "user");
        Syscall.Umount(scratch + "/lower");
        Syscall.Mount("none", scratch + "/volume", "", MountFlags.Remount | MountFlags.ReadOnly, "");

        Assert.Contains("read-only", Executor().Apply(kept).Shortfall);
        Assert.Equal(("user", "image"), (File.ReadAllText(scratch + "/lower/kept"), File.ReadAllText(scratch + "/lower/of-the-image")));
        Assert.Equal(Errno.EROFS, Assert.Throws<SyscallException>(() => FileText.Write(scratch + "/lower/kept", "x")).Errno);
        var other = kept with { Target = MadeDirectory(scratch + "/other"), Store = scratch + "/volume/other" };
        Assert.Contains("read-only", Executor().Apply(other with { Class = StepClass.Degraded }).Error?.ToString());
    });

    [Fact]
    public void A_full_overlay_with_its_own_limit_does_not_fill_the_others() => MountNamespace.Run(scratch =>
    {
        foreach (var path in (string[])["/root/var", "/root/etc", "/overlays/var", "/overlays/etc"])
            Directory.CreateDirectory(scratch + path);
        var limit = TmpfsLimit.TryParse("1m,inodes=40")!;
        Apply(new MountFileSystem(StepClass.Required, "tmpfs", scratch + "/overlays/var", "tmpfs", $"rw,{limit.Options},mode=0755"));
        foreach (var name in (string[])["var", "etc"])
            Apply(new MountOverlay(StepClass.Required, $"{scratch}/root/{name}", $"{scratch}/overlays/{name}/.overlay", "/", Keeps: false));
        Assert.Equal(Errno.ENOSPC, Fails(() => FileText.Write(scratch + "/root/var/large", new string('x', 2 << 20))));
        File.Delete(scratch + "/root/var/large");
        Assert.Equal(Errno.ENOSPC, Fails(() =>
        {
            for (var i = 0; i < 50; i++) FileText.Write($"{scratch}/root/var/{i}", "");
        }));
        FileText.Write(scratch + "/root/etc/still-room", new string('x', 2 << 20));
    });

    private static int Fails(Action action) => Assert.Throws<SyscallException>(action).Errno;

    private static string MadeDirectory(string path) => Directory.CreateDirectory(path).FullName;

    private static MountOverlay Overlay(string scratch) =>
        new(StepClass.Required, scratch + "/lower", scratch + "/store", "/store", Keeps: false);

    private static void Apply(Step step) =>
        Assert.Null(Executor().Apply(step) is { } result ? result.Error?.ToString() ?? result.Shortfall : "no result");

    private static StepExecutor Executor() => new(new KernelModules(), MessageLog.None);
}
