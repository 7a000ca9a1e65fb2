namespace KairosBoot.Plan.Tests;

public sealed class PathOptionsTests
{
    private static readonly BootRequest Active = BootRequestParser.Parse(KernelCommandLine.Parse("rd.immucore.mount=LABEL=DATA:/srv/data"));
    private static readonly BootDisk Disk = new("vda", Device("vda2", "COS_STATE"), Device("vda1", "COS_OEM"));

    private const string HomeAndOpt = "VOLUMES=LABEL=COS_PERSISTENT:/usr/local\nRW_PATHS=/etc\nPERSISTENT_STATE_PATHS=\"/home /opt\"\n";

    private static BlockDevice Device(string name, string label) =>
        new(name, "vda", int.Parse(name[3..]), 1 << 30)
        {
            Superblock = new Superblock("ext4", label, "u", 1 << 30), PartUuid = "p-"
            + name
        };

    private static Layout Read(string text, string? custom = null) => LayoutReader.Read(Active, text, null, custom);

    private static List<Step> Steps(Layout layout) =>
        [.. RootPlan.ForImages(Active, Disk), .. RootPlan.For(Active, Disk, []), .. RootPlan.ForOptions(layout, Disk),
         .. LayoutPlan.For(layout, [.. layout.Volumes.Select((v, i) => new FoundVolume(v, Device("vda" + (6 + i), "V")))], null)];

    /// <summary>Each mount point with the options of the table that its mount has.</summary>
    private static Dictionary<string, string> Options(Layout layout) =>
        BootMounts.Of(Steps(layout).Select(step => new StepResult(step, null, 0)))
            .ToDictionary(made => SystemPaths.InNewRoot(made.Mount!.Target), made => PathOptions.Canonical(made.Mount!.Options));

    [Fact]
    public void Every_path_of_the_default_layout_has_the_options_of_its_kind()
    {
        var options = Options(LayoutReader.Read(Active, null, null, null));
        Dictionary<string, string> expected = new()
        {
            [SystemPaths.State] = "nosuid,nodev,noexec", ["/"] = "", ["/oem"] = "nosuid,nodev", ["/run/overlay"] = "nosuid,nodev",
            ["/usr/local"] = "",
            ["/srv/data"] = "nosuid,nodev", ["/var"] = "", ["/etc"] = "", ["/srv"] = "", ["/home"] = "nosuid,nodev",
            ["/var/log"] = "nosuid,nodev",
        };
        foreach (var path in DefaultLayout.PersistentStatePaths)
            expected.TryAdd(path, path.StartsWith("/etc/", StringComparison.Ordinal) ? "nosuid,nodev" : "");
        Assert.Equal(expected.OrderBy(e => e.Key, StringComparer.Ordinal), options.OrderBy(e => e.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void Recovery_has_the_same_options_for_the_same_paths()
    {
        var recovery = LayoutReader.Read(BootRequestParser.Parse(KernelCommandLine.Parse("root=LABEL=COS_RECOVERY")), null, null, null);
        var options = Options(recovery);
        Assert.Equal(("nosuid,nodev", "", "", ""), (options["/home"], options["/etc"], options["/usr/local"], options["/opt"]));
    }

    [Fact]
    public void Paths_below_a_row_of_the_table_have_its_options()
    {
        var options = Options(Read(
            """
            VOLUMES=LABEL=COS_PERSISTENT:/usr/local
            RW_PATHS="/etc /var"
            PERSISTENT_STATE_PATHS="/home/u/data /homes /var/tmp /var/tmpfiles /etcetera /var/log/a"
            """));
        Assert.Equal("nosuid,nodev; ; nosuid,nodev; ; ; nosuid,nodev",
            string.Join("; ", new[] { "/home/u/data", "/homes", "/var/tmp", "/var/tmpfiles", "/etcetera",
                "/var/log/a" }.Select(path => options[path])));
    }

    [Fact]
    public void Persistent_overlays_have_the_options_that_binds_have()
    {
        var layout = Read(HomeAndOpt + "PERSISTENT_STATE_BIND=false\n");
        Assert.Equal(("nosuid,nodev", ""), (Options(layout)["/home"], Options(layout)["/opt"]));
        Assert.Contains(Steps(layout),
            step => step.Command.Contains("mount -t overlay -o nosuid,nodev,lowerdir=/sysroot/home,", StringComparison.Ordinal));
        Assert.Contains(Steps(layout),
            step => step.Mount?.Options.StartsWith("rw,nosuid,nodev,lowerdir=/home,", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void The_layout_replaces_the_options_of_each_kind_of_mount()
    {
        var layout = Read(
            """
            VOLUMES="LABEL=COS_PERSISTENT:/usr/local LABEL=D:/data"
            RW_PATHS="/etc /var"
            PERSISTENT_STATE_PATHS="/home /opt /var/log"
            MOUNT_OPTIONS="/home=nosuid,nodev,noexec,noatime /opt=nodev /var/log= /data=suid,nodev /var=noexec /oem=nosuid,nodev,noexec /run/overlay=nodev"
            """, "MOUNT_OPTIONS=\"/run/initramfs/cos-state=nosuid,nodev,noexec,noatime /opt=nosuid\"\n");
        Assert.Empty(layout.Problems);
        var options = Options(layout);
        Assert.Equal("nosuid,nodev,noexec,noatime; nosuid; ; nodev; noexec; nosuid,nodev,noexec; nodev; nosuid,nodev,noexec,noatime; ",
            string.Join("; ", "/home /opt /var/log /data /var /oem /run/overlay /run/initramfs/cos-state /usr/local".Split(' ')
                .Select(path => options[path])));
    }

    [Fact]
    public void A_mount_made_before_the_layout_is_changed_by_a_step()
    {
        var layout = Read("MOUNT_OPTIONS=\"/oem=noexec /run/initramfs/cos-state=\"\n");
        Assert.Equal(["mount -o remount,bind,suid,dev,exec /run/initramfs/cos-state", "mount -o remount,bind,noexec /sysroot/oem"],
            RootPlan.ForOptions(layout, Disk).Select(step => step.Command));
        Assert.Single(RootPlan.ForOptions(layout, new BootDisk("vda", Disk.Images, null)));
        Assert.Empty(RootPlan.ForOptions(Read("MOUNT_OPTIONS=\"/oem=nodev,nosuid\"\n"), Disk));
    }

    [Fact]
    public void A_bind_is_remounted_only_if_its_options_differ_from_its_store()
    {
        string[] Binds(string options) => [.. Steps(Read(HomeAndOpt + $"MOUNT_OPTIONS=\"{options}\"\n")).OfType<BindPersistent>()
            .Select(step => step.Command[step.Command.IndexOf("mount", StringComparison.Ordinal)..]
                .Replace("mount --bind /sysroot/usr/local/.state/", "").Replace("mount -o remount,bind,", ""))];
        Assert.Equal(["home.bind /sysroot/home && nosuid,nodev /sysroot/home", "opt.bind /sysroot/opt"], Binds(""));
        Assert.Equal(["home.bind /sysroot/home", "opt.bind /sysroot/opt"], Binds("/home="));
        Assert.Equal(["home.bind /sysroot/home", "opt.bind /sysroot/opt"], Binds("/usr/local=nosuid,nodev"));
        Assert.Equal(["home.bind /sysroot/home && nosuid,nodev,noexec /sysroot/home",
            "opt.bind /sysroot/opt && suid,dev,exec /sysroot/opt"],
            Binds("/usr/local=noexec /opt="));
    }

    [Fact]
    public void A_bind_has_the_options_of_its_volume_and_its_own()
    {
        var options = Options(Read(HomeAndOpt + "MOUNT_OPTIONS=\"/usr/local=noexec,noatime\"\n"));
        Assert.Equal(("nosuid,nodev,noexec,noatime", "noexec,noatime"), (options["/home"], options["/opt"]));
    }

    [Fact]
    public void The_volume_with_the_stores_allows_set_uid_programs()
    {
        var options = Options(Read(
            """
            VOLUMES="LABEL=STATE:/state LABEL=D:/data LABEL=COS_PERSISTENT:/persistent"
            RW_PATHS=/etc
            PERSISTENT_STATE_PATHS="/opt /home"
            PERSISTENT_STATE_TARGET=/state/x
            """));
        Assert.Equal("; nosuid,nodev; ; ; nosuid,nodev",
            string.Join("; ", new[] { "/state", "/data", "/persistent", "/opt", "/home" }.Select(path => options[path])));
    }

    [Theory]
    [InlineData("/home=nosid", "nosid is none of nosuid suid", "/home keeps nosuid,nodev")]
    [InlineData("/opt=nodev,loop", "loop is none of", "/opt keeps no options")]
    [InlineData("/data=compress=zstd", "compress=zstd is none of", "/data keeps nosuid,nodev")]
    [InlineData("/nowhere=nosuid", "/nowhere=nosuid has no effect", "nothing is mounted at /nowhere")]
    [InlineData("/home/=nosuid:x", "nosuid:x is none of", "/home keeps")]
    [InlineData("nosuid", "entry nosuid is not /path=OPTION", "")]
    [InlineData("home=nosuid", "entry home=nosuid is not /path=OPTION", "")]
    [InlineData("/a/../home=nosuid", "is not /path=OPTION", "")]
    [InlineData("=nosuid", "entry =nosuid is not /path=OPTION", "")]
    public void An_invalid_entry_is_reported_and_the_default_is_used(string entry, params string[] says)
    {
        const string Lists =
            "VOLUMES=\"LABEL=COS_PERSISTENT:/usr/local LABEL=D:/data\"\nRW_PATHS=/etc\nPERSISTENT_STATE_PATHS=\"/home /opt /var/log\"\n";
        var layout = Read(Lists + $"MOUNT_OPTIONS=\"{entry} /var/log=noexec\"\n");
        var problem = Assert.Single(layout.Problems);
        foreach (var words in says) Assert.Contains(words, problem);
        var expected = Options(Read(Lists));
        expected["/var/log"] = "noexec";
        Assert.Equal(expected, Options(layout));
    }

    [Fact]
    public void A_line_that_cannot_be_parsed_is_reported_with_its_file()
    {
        Assert.Contains(Read("RW_PATHS=/etc\nMOUNT_OPTIONS=\"/home=nodev\n").Problems,
            problem => problem.StartsWith("/run/cos/cos-layout.env:2: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nodev,nosuid", "nosuid,nodev")]
    [InlineData("nosuid,suid", "")]
    [InlineData("suid,nosuid,noatime,relatime", "nosuid,relatime")]
    [InlineData("rw,noexec,size=5", "noexec")]
    [InlineData("", "")]
    public void Options_have_one_canonical_text(string options, string canonical) =>
        Assert.Equal(canonical, PathOptions.Canonical(options));

    [Theory]
    [InlineData("rw,nodev,relatime", "lacks the option nosuid")]
    [InlineData("rw,nosuid,nodev,relatime", null)]
    public void A_bind_without_its_options_is_found_before_the_switch(string options, string? reason)
    {
        var bind = Steps(Read("VOLUMES=LABEL=COS_PERSISTENT:/usr/local\nRW_PATHS=/etc\nPERSISTENT_STATE_PATHS=/home\n"))
            .Single(step => step is BindPersistent);
        var actual = MountInfo.Parse(
            $"""
            2 1 8:1 / /sysroot/usr/local rw,relatime - ext4 /dev/vda6 rw
            3 1 8:1 /.state/home.bind /sysroot/home {options} - ext4 /dev/vda6 rw
            """);
        Assert.Equal(reason, MountCheck.Compare(bind.Mount!, new VisibleMounts(actual))?.Reason);
        Assert.EndsWith("/usr/local/.state/home.bind /home none bind,nosuid,nodev 0 0\n", FsTab.Text([(bind.Mount!, actual[1])]));
    }

    [Fact]
    public void A_failed_change_of_options_keeps_the_expected_ones()
    {
        var layout = Read("MOUNT_OPTIONS=/oem=noexec\n");
        string Oem(StepError? error) =>
            BootMounts.Of(Steps(layout).Select(step => new StepResult(step, step is SetMountOptions ? error : null, 0)))
            .Single(made => made.Mount!.Target == "/sysroot/oem").Mount!.Options;
        Assert.Equal(("rw,noexec", "rw,nosuid,nodev"), (Oem(null), Oem(new StepError("refused", "allow it"))));
    }
}
