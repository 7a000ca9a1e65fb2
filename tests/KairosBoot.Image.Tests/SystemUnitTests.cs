using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>The units that run the later stages and report a good boot, in images of trees that have a service manager.</summary>
public class SystemUnitTests : Scratch
{
    private static readonly string[] SystemdLinks =
        ["sysinit.target.wants/cos-setup-fs.service", "multi-user.target.wants/cos-setup-boot.service",
            "multi-user.target.wants/kairosboot-first-boot.service",
            "multi-user.target.wants/cos-setup-network.service", "timers.target.wants/cos-setup-reconcile.timer",
            "multi-user.target.wants/kairosboot-good.service", "sysinit.target.wants/kairosboot-good-within.service",
            "multi-user.target.wants/kairosboot-retry.service", "sysinit.target.wants/kairosboot-relabel.service",
            "multi-user.target.wants/kairosboot-reset.service"];

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

    [Theory]
    [InlineData("usr/lib/systemd/systemd", true)]
    [InlineData("sbin/openrc", true)]
    [InlineData("etc/inittab", true)]
    [InlineData("etc/other-init", false)]
    public void A_tree_with_a_service_manager_does_a_requested_reset(string file, bool isAdded)
    {
        WriteText("root/" + file, "id:2:initdefault:\n");
        if (file == "etc/inittab") File.AppendAllText(PathOf("root/usr/lib/init"), "/etc/inittab.d/%s");
        Build();
        Assert.Equal(isAdded, ResetServiceCheck.IsInTree(Unpack()));
        Assert.False(ResetServiceCheck.IsInTree(root));
        if (file == "etc/inittab") WriteText("root/etc/inittab", "::once:/usr/bin/kboot reset --requested\n");
        Assert.Equal(file == "etc/inittab", ResetServiceCheck.IsInTree(root));
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
        foreach (var link in new[] { "boot/cos-setup-fs", "default/cos-setup-boot", "default/kairosboot-first-boot",
            "default/cos-setup-reconcile", "default/kairosboot-good", "boot/kairosboot-good-within", "default/kairosboot-retry",
            "boot/kairosboot-relabel", "default/kairosboot-reset" })
        {
            var target = Syscall.ReadLink(PathOf("out/etc/runlevels/" + link));
            Assert.StartsWith("#!/sbin/openrc-run\n", File.ReadAllText(PathOf("out" + target)));
            Assert.Equal(Octal.O755, Syscall.TryStat(PathOf("out" + target))!.Value.Mode);
            HostTool.Shell($"tail -n +2 {PathOf("out" + target)} | sh -n");
        }

        Assert.Equal("its own", File.ReadAllText(PathOf("out/etc/init.d/cos-setup-network")));
        Assert.False(Path.Exists(PathOf("out/etc/runlevels/default/cos-setup-network")));
    }

    /// <summary>start() of the service in a shell, with its paths below a directory and a restorecon that prints its arguments.</summary>
    [Theory]
    [InlineData("", "0 []")]
    [InlineData("touch relabel", "0 []")]
    [InlineData("touch enforce", "0 []")]
    [InlineData("touch relabel enforce", "0 [-i -f DIR/relabel]")]
    [InlineData("touch relabel enforce; echo 'exit 3' >> restorecon", "3 [-i -f DIR/relabel]")]
    public void The_openrc_service_restores_labels_of_the_listed_files_under_SELinux(string preparation, string expected)
    {
        WriteText("root/sbin/openrc", "");
        Build();
        var service = File.ReadAllText(Path.Combine(Unpack(), "etc/init.d/kairosboot-relabel"));
        var dir = Directory.CreateDirectory(PathOf("relabel-test")).FullName;
        WriteText("relabel-test/service", service.Replace("/run/kairosboot", dir).Replace("/sys/fs/selinux", dir));
        WriteText("relabel-test/restorecon", $"#!/bin/sh\necho \"$*\" > {dir}/said\n");
        HostTool.Shell($"cd {dir}; chmod 755 restorecon; {preparation}");
        var said = HostTool.Shell($"cd {dir}; PATH={dir}:$PATH; ebegin() {{ :; }}; eend() {{ return $1; }}; . ./service; start; " +
            "echo \"$? [$(cat said 2>/dev/null)]\"");
        Assert.Equal(expected.Replace("DIR", dir), said.TrimEnd());
    }

    /// <summary>The script with its paths below a directory, and a restorecon and a kboot that print their arguments.</summary>
    [Theory]
    [InlineData("", "[kboot stage run fs]")]
    [InlineData("touch relabel", "[kboot stage run fs]")]
    [InlineData("touch enforce", "[kboot stage run fs]")]
    [InlineData("touch relabel enforce", "[restorecon -i -f DIR/relabel kboot stage run fs]")]
    [InlineData("touch relabel enforce; echo 'exit 3' >> restorecon", "[restorecon -i -f DIR/relabel kboot stage run fs]")]
    [InlineData("touch relabel enforce; rm restorecon", "[kboot stage run fs]")]
    public void The_sysvinit_script_restores_labels_before_the_stage_fs(string preparation, string expected)
    {
        File.AppendAllText(PathOf("root/usr/lib/init"), "/etc/inittab.d/%s");
        WriteText("root/etc/inittab", "id:2:initdefault:\n");
        Build();
        var tab = File.ReadAllLines(Path.Combine(Unpack(), "etc/inittab.d/cos-setup-fs.tab")).Single(line => line[0] != '#').Split(':', 4);
        Assert.Equal("sysinit", tab[2]);
        Assert.Equal(Octal.O755, Syscall.TryStat(PathOf("out" + tab[3]))!.Value.Mode);
        var dir = Directory.CreateDirectory(PathOf("relabel-test")).FullName;
        WriteText("relabel-test/script", File.ReadAllText(PathOf("out" + tab[3]))
            .Replace("/run/kairosboot", dir).Replace("/sys/fs/selinux", dir).Replace("/usr/bin/kboot", dir + "/kboot"));
        foreach (var program in (string[])["restorecon", "kboot"])
            WriteText("relabel-test/" + program, $"#!/bin/sh\necho {program} \"$*\" >> {dir}/said\n");
        HostTool.Shell($"cd {dir}; chmod 755 restorecon kboot; {preparation}");
        var said = HostTool.Shell($"cd {dir}; PATH={dir}:/usr/bin:/bin; sh ./script 2>/dev/null; echo [$(cat said)]");
        Assert.Equal(expected.Replace("DIR", dir), said.TrimEnd());
    }

    [Theory]
    [InlineData("/etc/inittab.d/%s", true)]
    [InlineData("/etc/inittab", false)]
    public void A_tree_with_sysvinit_gets_entries_if_its_init_reads_them(string textOfInit, bool isAdded)
    {
        File.AppendAllText(PathOf("root/usr/lib/init"), textOfInit);
        WriteText("root/etc/inittab", "id:2:initdefault:\n");
        var added = Build().Added;
        Assert.Equal(isAdded, added.Contains("/etc/inittab.d/cos-setup.tab"));
        if (!isAdded) return;
        Unpack();
        var files = Directory.GetFiles(PathOf("out/etc/inittab.d")).Select(file =>
            File.ReadAllLines(file).Where(line => !line.StartsWith('#')).Select(line => line.Split(':', 4)).ToList()).ToList();
        // The init of Debian 12 ignores a second entry of a file.
        Assert.All(files, rows => Assert.Single(rows));
        // inittab(5): up to four characters, each id once.
        Assert.Equal(files.Count, files.Select(rows => rows[0][0]).Where(id => id.Length is > 0 and <= 4).Distinct().Count());
        var script = files.Single(rows => rows[0] is [_, "2345", "once", _])[0][3];
        Assert.Equal(Octal.O755, Syscall.TryStat(PathOf("out" + script))!.Value.Mode);
        Assert.Contains("\n/usr/bin/kboot assess good\n", File.ReadAllText(PathOf("out" + script)));
        HostTool.Shell($"sh -n {PathOf("out" + script)}");
    }

    // On Debian 13 other packages install systemd, also if the init is another one.
    [Theory]
    [InlineData("si::sysinit:/etc/init.d/rcS", "#!/bin/sh\nexec /usr/sbin/openrc sysinit\n", "/etc/runlevels/default/kairosboot-good")]
    [InlineData("::sysinit:/sbin/openrc sysinit\n::wait:/sbin/openrc default", "", "/etc/runlevels/default/kairosboot-good")]
    [InlineData("si::sysinit:/etc/init.d/rcS", "#!/bin/sh\nexec /lib/init/rc S\n", "/etc/inittab.d/cos-setup.tab")]
    public void The_services_are_those_of_the_init_where_another_manager_is_installed(string entry, string rcS, string expected)
    {
        WriteText("root/usr/lib/systemd/systemd", "");
        File.AppendAllText(PathOf("root/usr/lib/init"), "/etc/inittab.d/%s");
        WriteText("root/etc/inittab", $"id:2:initdefault:\n{entry}\n");
        WriteText("root/etc/init.d/rcS", rcS);
        var built = Build();
        Assert.Contains(built.Added, path => path.StartsWith(expected, StringComparison.Ordinal));
        Assert.DoesNotContain(built.Added, path => path.StartsWith("/usr/lib/systemd/system/", StringComparison.Ordinal));
        Assert.DoesNotContain(built.Warnings, warning => warning.Problem.Contains("marked good", StringComparison.Ordinal));
    }

    [Fact]
    public void Systemd_finds_stamps_of_an_image_that_is_up_to_date()
    {
        WriteText("root/usr/lib/systemd/systemd", "");
        WriteText("root/etc/ld.so.cache", "cache");
        WriteText("root/etc/passwd", "root:x:0:0::/:/bin/sh\nmail:x:8:8::/:/bin/sh\n");
        WriteText("root/usr/lib/sysusers.d/basic.conf", "# comment\nu root 0 -\nu! mail 8\ng wheel -\n");
        Assert.Equal(["/etc/.updated", "/var/.updated"], Build().Added.Where(path => path.EndsWith("/.updated", StringComparison.Ordinal)));
        Unpack();
        foreach (var stamp in (string[])["etc/.updated", "var/.updated"])
        {
            // ConditionNeedsUpdate= compares whole seconds first, and reads the line below if they are equal.
            var (usr, own) = (Syscall.TryStat(PathOf("root/usr"))!.Value.MTimeNs, Syscall.TryStat(PathOf("out/" + stamp))!.Value.MTimeNs);
            Assert.True(own / 1_000_000_000 >= usr / 1_000_000_000);
            Assert.True(long.Parse(File.ReadAllText(PathOf("out/" + stamp)).Split("TIMESTAMP_NSEC=")[1]) > usr);
        }
    }

    [Theory]
    [InlineData("etc/.updated", "")]
    [InlineData("usr/lib/sysusers.d/new.conf", "u new -\n")]
    [InlineData("etc/ld.so.cache", "")]
    public void A_tree_with_its_own_stamp_or_with_work_for_the_first_boot_gets_no_stamps(string file, string text)
    {
        WriteText("root/usr/lib/systemd/systemd", "");
        WriteText("root/etc/ld.so.cache", "cache");
        WriteText("root/" + file, text);
        Assert.DoesNotContain(Build().Added, path => path.EndsWith("/.updated", StringComparison.Ordinal));
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
