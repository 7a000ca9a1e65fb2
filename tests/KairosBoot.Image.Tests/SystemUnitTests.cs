using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>The units that run the later stages and report a good boot, in images of trees that have a service manager.</summary>
public class SystemUnitTests : Scratch
{
    private static readonly string[] SystemdLinks =
        ["sysinit.target.wants/cos-setup-fs.service", "multi-user.target.wants/cos-setup-boot.service",
            "multi-user.target.wants/cos-setup-network.service", "timers.target.wants/cos-setup-reconcile.timer",
            "multi-user.target.wants/kairosboot-good.service", "multi-user.target.wants/kairosboot-retry.service",
            "sysinit.target.wants/kairosboot-good-within.service"];

    private readonly string root;

    public SystemUnitTests()
    {
        root = SyntheticKernel.MakeSystem(PathOf("root"));
        WriteText("kboot", "the program");
    }

    private BuiltImage Build(ImageFormat format = ImageFormat.Squashfs, bool hasProgram = true) => ImageBuilder.Build(
        new(root, Tar: null, format, SizeBytes: null, Kernel: null, "virtio", Path.Combine(root, "kairos-boot"),
            hasProgram ? PathOf("kboot") : null), PathOf("image"));

    private string Unpack()
    {
        HostTool.Run("unsquashfs", "-quiet", "-no-progress", "-d", PathOf("out"), PathOf("image"));
        return PathOf("out");
    }

    [Fact]
    public void A_tree_with_systemd_gets_the_units_their_links_and_kboot()
    {
        WriteText("root/usr/lib/systemd/systemd", "");
        Assert.Contains("/usr/bin/kboot", Build().Added);
        var units = Path.Combine(Unpack(), "usr/lib/systemd/system");
        foreach (var link in SystemdLinks)
        {
            Assert.True(File.Exists(Path.Combine(units, link)), link); // through the link
        }

        Assert.Contains("ExecStart=/usr/bin/kboot stage run network\n", File.ReadAllText(Path.Combine(units, "cos-setup-network.service")));
        Assert.Equal("the program", File.ReadAllText(PathOf("out/usr/bin/kboot")));
        Assert.Equal(Octal.O755, Syscall.TryStat(PathOf("out/usr/bin/kboot"))!.Value.Mode);
        Assert.Equal(Octal.O644, Syscall.TryStat(Path.Combine(units, "cos-setup-boot.service"))!.Value.Mode);
    }

    [Theory]
    [InlineData(ImageFormat.Ext4)]
    [InlineData(ImageFormat.Erofs)]
    public void The_units_are_the_same_in_every_image_format(ImageFormat format)
    {
        WriteText("root/usr/lib/systemd/systemd", "");
        Build();
        var expected = HostTool.Shell($"cd {Unpack()} && find usr/bin usr/lib/systemd/system -name '*.*' -type f -o -name kboot | sort " +
            "| xargs sha256sum");
        File.Delete(PathOf("image"));
        Build(format);
        Directory.CreateDirectory(PathOf("got"));
        HostTool.Shell(format == ImageFormat.Ext4 ? $"debugfs -R 'rdump / {PathOf("got")}' {PathOf("image")} 2>&1"
            : $"fsck.erofs --extract={PathOf("got")} --overwrite {PathOf("image")}");
        Assert.Equal(expected,
            HostTool.Shell($"cd {PathOf("got")} && find usr/bin usr/lib/systemd/system -name '*.*' -type f -o -name kboot | sort | " +
                "xargs sha256sum"));
        Assert.Equal(Octal.O755, Syscall.TryStat(PathOf("got/usr/bin/kboot"))!.Value.Mode);
    }

    [Theory]
    [InlineData("etc/systemd/system/cos-setup-boot.service")]
    [InlineData("usr/lib/systemd/system/cos-setup-boot.service")]
    [InlineData("lib/systemd/system/cos-setup-boot.service")]
    public void A_unit_of_the_tree_is_kept(string unit)
    {
        WriteText("root/usr/lib/systemd/systemd", "");
        WriteText("root/" + unit, "its own");
        WriteText("root/usr/bin/kboot", "another");
        var added = Build().Added;
        Assert.DoesNotContain(added, path => path.Contains("cos-setup-boot") || path == "/usr/bin/kboot");
        Assert.Contains("/usr/lib/systemd/system/cos-setup-network.service", added);
    }

    [Fact]
    public void A_unit_that_is_masked_stays_masked()
    {
        WriteText("root/usr/lib/systemd/systemd", "");
        WriteText("root/etc/systemd/system/x", "");
        File.CreateSymbolicLink(Path.Combine(root, "etc/systemd/system/cos-setup-fs.service"), "/dev/null");
        Assert.DoesNotContain(Build().Added, path => path.Contains("cos-setup-fs"));
    }

    [Fact]
    public void A_tree_with_openrc_gets_scripts_in_its_runlevels()
    {
        WriteText("root/sbin/openrc", "");
        WriteText("root/etc/init.d/cos-setup-network", "its own");
        Build();
        Unpack();
        foreach (var link in new[] { "boot/cos-setup-fs", "default/cos-setup-boot", "default/cos-setup-reconcile",
            "default/kairosboot-good", "default/kairosboot-retry", "boot/kairosboot-good-within" })
        {
            var target = Syscall.ReadLink(PathOf("out/etc/runlevels/" + link));
            Assert.StartsWith("#!/sbin/openrc-run\n", File.ReadAllText(PathOf("out" + target)));
            Assert.Equal(Octal.O755, Syscall.TryStat(PathOf("out" + target))!.Value.Mode);
            HostTool.Shell($"tail -n +2 {PathOf("out" + target)} | sh -n");
        }

        Assert.Equal("its own", File.ReadAllText(PathOf("out/etc/init.d/cos-setup-network")));
        Assert.False(Path.Exists(PathOf("out/etc/runlevels/default/cos-setup-network")));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Without_a_service_manager_or_kboot_nothing_is_added(bool hasSystemd, bool hasProgram)
    {
        if (hasSystemd) WriteText("root/usr/lib/systemd/systemd", "");
        Assert.DoesNotContain(Build(hasProgram: hasProgram).Added,
            path => path.Contains("cos-setup") || path.Contains("kairosboot-") || path.Contains("kboot"));
    }
}
