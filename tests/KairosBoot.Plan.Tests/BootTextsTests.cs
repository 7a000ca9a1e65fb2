using System.Text.Json;

namespace KairosBoot.Plan.Tests;

public sealed class BootTextsTests
{
    private static readonly MountFileSystem Volume = new(StepClass.Required, "/dev/vda6", "/sysroot/usr/local", "ext4", "rw",
        "PARTUUID=p-6");

    [Fact]
    public void Fstab_has_the_mounts_as_the_running_system_sees_them()
    {
        var image = new MountImage(StepClass.Required, "/run/initramfs/cos-state/cOS/active.img", "/sysroot", ReadOnly: true);
        var bind = new BindPersistent(StepClass.Degraded,
            new PersistentDirectory("/sysroot/a b", "/sysroot/usr/local/.state/a b.bind", null));
        var text = FsTab.Text([
            (image.Mount, new MountInfo("/", "/sysroot", "ro,relatime", "ext4", "/dev/loop0")),
            (Volume.Mount, new MountInfo("/", "/sysroot/usr/local", "rw", "ext4", "/dev/vda6")),
            (bind.Mount, new MountInfo("/.state/a b.bind", "/sysroot/a b", "rw", "ext4", "/dev/vda6")),
        ]);
        Assert.Equal(
            """
            # Written by kairos-boot at every boot: what it mounted, in mount order.
            /dev/loop0 / ext4 ro 0 0
            PARTUUID=p-6 /usr/local ext4 rw 0 0
            /usr/local/.state/a\040b.bind /a\040b none bind 0 0

            """, text);
    }

    [Fact]
    public void Mountinfo_is_read_with_its_escapes_and_optional_fields()
    {
        var mounts = MountInfo.Parse(
            "36 35 98:0 /mnt1 /mnt\\0402 ro,noatime shared:1 master:2 - ext3 /dev/root rw,errors=continue\nnonsense\n37 36 0:20 / /proc " +
                "rw - proc proc rw\n38 36 0:20 / /b rw - proc\n" +
                "39 36 0:20 / /c rw - proc a\\134b\n40 36 0:20 / /d rw - proc a\\134b rw");
        MountInfo[] expected = [new("/mnt1", "/mnt 2", "ro,noatime", "ext3", "/dev/root", "rw,errors=continue"),
            new("/", "/proc", "rw", "proc", "proc", "rw"), new("/", "/c", "rw", "proc", @"a\b"),
            new("/", "/d", "rw", "proc", @"a\b", "rw")];
        Assert.Equal(expected, mounts.AsEnumerable());
    }

    [Theory]
    [InlineData("/sysroot/usr/local", "rw", "ext4", "/", null)]
    [InlineData("/sysroot/elsewhere", "rw", "ext4", "/", "is not mounted")]
    [InlineData("/sysroot/usr/local", "ro", "ext4", "/", "is read-only")]
    [InlineData("/sysroot/usr/local", "rw", "tmpfs", "/", "is tmpfs, not ext4")]
    [InlineData("/sysroot/usr/local", "rw", "ext4", "/other", "shows /other, not /")]
    public void A_mount_that_differs_from_its_plan_is_found(string target, string options, string type, string root, string? reason)
    {
        var wrong = MountCheck.Compare([Volume.Mount], new VisibleMounts([new MountInfo(root, target, options, type, "/dev/vda6")]));
        Assert.Equal(reason, wrong.IsEmpty ? null : wrong[0].Reason);
    }

    [Fact]
    public void A_mount_with_a_wrong_source_option_or_layer_is_found()
    {
        static string? Reason(PlannedMount planned, params MountInfo[] actual) =>
            MountCheck.Compare(planned, new VisibleMounts([.. actual]))?.Reason;
        MountInfo persistent = new("/", "/sysroot/usr/local", "rw", "ext4", "/dev/vda6");
        var plan = Volume.Mount with { Options = "rw,nosuid" };
        Assert.Equal("lacks the option nosuid", Reason(plan, persistent with { Options = "rw,nosuidx,xnosuid" }));
        Assert.Null(Reason(plan, persistent with { Options = "rw,nosuidx,nosuid" }));
        Assert.Null(Reason(plan, persistent with { Options = "rw,nosuid,relatime" }));
        Assert.Equal("comes from /dev/vdb6, not /dev/vda6", Reason(Volume.Mount, persistent with { Source = "/dev/vdb6" }));

        var bind = new BindPersistent(StepClass.Degraded,
            new PersistentDirectory("/sysroot/etc/ssh", "/sysroot/usr/local/.state/etc-ssh.bind", null)).Mount;
        MountInfo bound = new("/.state/etc-ssh.bind", "/sysroot/etc/ssh", "rw", "ext4", "/dev/vda6");
        Assert.Null(Reason(bind, persistent, bound));
        Assert.Equal("comes from /dev/vdb6, not /dev/vda6", Reason(bind, persistent, bound with { Source = "/dev/vdb6" }));

        var shm = new MountFileSystem(StepClass.Optional, "tmpfs", "/dev/shm", "tmpfs", "nosuid,nodev,mode=1777").Mount;
        Assert.Null(Reason(shm, new MountInfo("/", "/dev/shm", "rw,nosuid,nodev", "tmpfs", "tmpfs")));
        Assert.Equal("lacks the option nodev", Reason(shm, new MountInfo("/", "/dev/shm", "rw,nosuid", "tmpfs", "tmpfs")));

        var overlay = new MountOverlay(StepClass.Degraded, "/sysroot/var", "/run/overlay/var/.overlay", "/run/overlay/var/.overlay",
            Keeps: false).Mount;
        MountInfo layers = new("/", "/sysroot/var", "rw", "overlay", "overlay",
            "rw,lowerdir=/sysroot/var,upperdir=/run/overlay/var/.overlay/upper,workdir=/run/overlay/var/.overlay/work,xino=off");
        Assert.Null(Reason(overlay, layers));
        Assert.Equal("lacks the layer upperdir=/run/overlay/var/.overlay/upper",
            Reason(overlay, layers with
            {
                FileSystemOptions = layers.FileSystemOptions.Replace("upperdir=/run/overlay/var",
                "upperdir=/run/overlay/etc")
            }));
    }

    // mountinfo of /usr/local and of a bind on it, and the result for a bind that should be as writable as the mount of its source.
    [Theory]
    [InlineData("rw", "rw", "rw", "rw", null)]
    [InlineData("ro", "rw", "ro", "rw", null)]
    [InlineData("rw", "ro", "rw", "ro", null)]
    [InlineData("rw", "rw", "ro", "rw", "is read-only")]
    public void A_bind_is_as_writable_as_the_mount_of_its_source(string holder, string holderSystem, string bind, string bindSystem,
        string? reason)
    {
        var planned = new BindPersistent(StepClass.Degraded,
            new PersistentDirectory("/sysroot/etc/ssh", "/sysroot/usr/local/.state/etc-ssh.bind", null)).Mount;
        var actual = MountInfo.Parse(
            $"""
            1 0 7:0 / /sysroot ro - ext4 /dev/loop0 ro
            2 1 8:1 / /sysroot/usr/local {holder},relatime - ext4 /dev/vda6 {holderSystem},errors=remount-ro
            3 1 8:1 /.state/etc-ssh.bind /sysroot/etc/ssh {bind},relatime - ext4 /dev/vda6 {bindSystem},errors=remount-ro
            """);
        var wrong = MountCheck.Compare([planned], new VisibleMounts(actual));
        Assert.Equal((reason, reason is not null), wrong.IsEmpty ? (null, false) : (wrong[0].Reason, wrong[0].LostWrites));
    }

    [Fact]
    public void Fstab_lists_read_only_mounts_as_read_only()
    {
        var bind = new BindPersistent(StepClass.Degraded,
            new PersistentDirectory("/sysroot/srv", "/sysroot/usr/local/.state/srv.bind", null));
        var text = FsTab.Text([
            (Volume.Mount with { Options = "ro,noload" }, new MountInfo("/", "/sysroot/usr/local", "ro,relatime", "ext4", "/dev/vda6")),
            (bind.Mount, new MountInfo("/.state/srv.bind", "/sysroot/srv", "ro", "ext4", "/dev/vda6")),
            (Volume.Mount with { Target = "/sysroot/oem" }, new MountInfo("/", "/sysroot/oem", "rw", "ext4", "/dev/vda1", "ro")),
        ]);
        Assert.EndsWith(
            """
            PARTUUID=p-6 /usr/local ext4 ro,noload 0 0
            /usr/local/.state/srv.bind /srv none bind,ro 0 0
            PARTUUID=p-6 /oem ext4 ro 0 0

            """, text);
    }

    [Fact]
    public void The_report_is_json_and_a_failed_step_degrades_the_verdict()
    {
        var report = new BootReport
        {
            Request = BootRequestParser.Parse(KernelCommandLine.Parse("")), Kernel = "6.1",
            Mounts = [new("/", "/sysroot/usr/local", "rw,nosuid,relatime", "ext4", "/dev/vda6"),
                new("/", "/sysroot", "ro", "ext4", "/dev/loop0")],
            Steps = [new StepResult(Volume, null, 5),
                new StepResult(Volume with { Class = StepClass.Degraded }, new StepError("no \"such\"\n\tthing \u0001", "find it"), 7)],
        };
        using var json = JsonDocument.Parse(report.ToJson());
        Assert.Equal("degraded", json.RootElement.GetProperty("verdict").GetString());
        Assert.Equal("no \"such\"\n\tthing \u0001; to fix: find it",
            json.RootElement.GetProperty("steps")[1].GetProperty("error").GetString());
        Assert.Equal(["/usr/local ext4 /dev/vda6 rw,nosuid,relatime", "/ ext4 /dev/loop0 ro"],
            json.RootElement.GetProperty("mounts").EnumerateArray()
            .Select(mount => string.Join(' ', mount.EnumerateObject().Select(member => member.Value.GetString()))));
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("triesLeft").ValueKind);
        Assert.Equal("was not read", json.RootElement.GetProperty("assessment").GetProperty("problem").GetString());
        var counted = report with
        {
            Counters = BootBlock.Read(BootBlock.Write(new BootCounters().MarkBad(Slot.Passive, SlotFault.Missing))),
            CountedBy = CountedBy.Loader,
            ImageId = "ab"
        };
        using var withCounters = JsonDocument.Parse(counted.ToJson());
        Assert.Equal(
            """{"countedBy":"loader","problem":null,"givenUp":"passive: its image is missing","active":3,"passive":0,"recovery":3}""",
            withCounters.RootElement.GetProperty("assessment").ToString().Replace(" ", "").Replace("\n",
                "").Replace("passive:itsimageismissing", "passive: its image is missing"));
        Assert.Equal("good", (report with { Steps = [new StepResult(Volume, null, 5)] }).Verdict);
        Assert.Equal(0, json.RootElement.GetProperty("userData").GetArrayLength());
        using var withUserData = JsonDocument.Parse((report with { UserData = [new UserDataMark("/dev/vdb", null, "1", "ab")] }).ToJson());
        Assert.Equal("""{"device":"/dev/vdb","model":null,"serial":"1","sha256":"ab"}""",
            withUserData.RootElement.GetProperty("userData")[0].ToString().Replace(" ", "").Replace("\n", ""));
    }

    [Theory]
    [InlineData(512, "512 B")]
    [InlineData(64L << 20, "64.0 MiB")]
    [InlineData(1_900_000_000, "1.8 GiB")]
    public void Sizes_have_readable_units(long bytes, string text) => Assert.Equal(text, ByteSize.Text(bytes));

    [Theory]
    [InlineData("plain/path-1.2", "plain/path-1.2")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("", "''")]
    [InlineData("a b;c", "'a b;c'")]
    public void Only_words_that_a_shell_would_interpret_are_quoted(string word, string quoted) =>
        Assert.Equal(quoted, ShellText.Quote(word));
}
