namespace KairosBoot.Plan.Tests;

public sealed class LayoutTests
{
    private static readonly BootRequest Active = BootRequestParser.Parse(KernelCommandLine.Parse(""));
    private static readonly BootRequest Recovery = BootRequestParser.Parse(KernelCommandLine.Parse("root=LABEL=COS_RECOVERY"));

    [Fact]
    public void No_layout_file_means_the_stock_layout_and_never_no_mounts()
    {
        var layout = LayoutReader.Read(Active, null, null, null);
        Assert.Equal(["/var", "/etc", "/srv"], layout.RwPaths.AsEnumerable());
        Assert.Equal("LABEL=COS_PERSISTENT:/usr/local", Assert.Single(layout.Volumes).ToString());
        Assert.Contains("/var/lib/rancher", layout.PersistentStatePaths);
        Assert.Empty(layout.Problems);
    }

    [Fact]
    public void Nothing_of_the_image_itself_is_persistent_by_default() =>
        Assert.DoesNotContain(DefaultLayout.PersistentStatePaths, path => MountPath.IsInside(path, "/usr"));

    [Fact]
    public void Recovery_keeps_all_changes_in_memory()
    {
        var layout = LayoutReader.Read(Recovery, null, null, "CUSTOM_BIND_MOUNTS=/data\nCUSTOM_EPHEMERAL_MOUNTS=/scratch\n");
        Assert.Empty(layout.Volumes);
        Assert.Empty(layout.PersistentStatePaths);
        Assert.Equal(DefaultLayout.RwPathsWithoutLayout.AsEnumerable(), layout.RwPaths.AsEnumerable());
    }

    [Fact]
    public void The_three_files_add_up()
    {
        var layout = LayoutReader.Read(Active,
            "VOLUMES=\"LABEL=COS_PERSISTENT:/usr/local\"\nRW_PATHS=\"/var /etc\"\nPERSISTENT_STATE_PATHS=\"/etc/ssh  /root \"\n" +
                "OVERLAY=tmpfs:10%\n",
            "PERSISTENT_STATE_PATHS=\"/snap /root\"\nRW_PATHS=/ignored-here\n",
            "CUSTOM_BIND_MOUNTS=\"/data/x/\"\nCUSTOM_EPHEMERAL_MOUNTS=/scratch\n");
        Assert.Equal(["/etc/ssh", "/root", "/snap", "/data/x"], layout.PersistentStatePaths.AsEnumerable());
        Assert.Equal(["/var", "/etc", "/scratch"], layout.RwPaths.AsEnumerable());
        Assert.Equal("tmpfs:10%", layout.Overlay.ToString());
    }

    [Fact]
    public void An_invalid_entry_is_reported_and_dropped_alone()
    {
        var layout = LayoutReader.Read(Active,
            "VOLUMES=\"LABEL=COS_PERSISTENT:/usr/local nonsense\"\nPERSISTENT_STATE_PATHS=\"relative /etc/ssh /usr /run/x /a,b\"\n" +
                "OVERLAY=lots\n", null, null);
        Assert.Equal(["/etc/ssh"], layout.PersistentStatePaths.AsEnumerable());
        Assert.Single(layout.Volumes);
        foreach (var word in (string[])["nonsense", "relative", "/usr ", "/run/x", "/a,b", "OVERLAY=lots"])
            Assert.Contains(layout.Problems, problem => problem.Contains(word));
        Assert.Equal(6, layout.Problems.Length);
    }

    [Fact]
    public void A_wrong_word_is_named_with_its_file_and_its_line()
    {
        var layout = LayoutReader.Read(Active, """
            # written by a cloud-config
            VOLUMES="LABEL=DATA:/data
              DATA2:/data2 LABEL=DATA3"
            MORE=/var/$BAD
            RW_PATHS='/etc etc
            etcetera'
            PERSISTENT_STATE_BIND=maybe
            OVERLAY=lots
            export OVERLAY_LIMITS=/etc
            MOUNT_OPTIONS="/data=nosuid /nowhere=nosuid"
            not a variable
            """, "PERSISTENT_STATE_PATHS=srv\n", "\nCUSTOM_BIND_MOUNTS: home\nREQUIRED_PATHS=data\n");
        Assert.Equal("""
            /run/cos/cos-layout.env:11: not NAME=VALUE
            /run/cos/cos-layout.env:8: OVERLAY=lots is neither tmpfs:SIZE nor a device; tmpfs:25% is used
            /run/cos/custom-layout.env:3: REQUIRED_PATHS entry data is not an absolute path
            /run/cos/cos-layout.env:9: OVERLAY_LIMITS entry /etc is not /path=SIZE or /path=SIZE,inodes=NUMBER
            /run/cos/cos-layout.env:3: VOLUMES entry DATA2:/data2 is not DEVICE:/path, such as LABEL=DATA:/srv/data
            /run/cos/cos-layout.env:3: VOLUMES entry LABEL=DATA3 is not DEVICE:/path, such as LABEL=DATA:/srv/data
            /run/cos/cos-layout.env:5: RW_PATHS entry etc is not an absolute path
            /run/cos/cos-layout.env:6: RW_PATHS entry etcetera is not an absolute path
            /run/cos/extra-layout.env:1: PERSISTENT_STATE_PATHS entry srv is not an absolute path
            /run/cos/custom-layout.env:2: CUSTOM_BIND_MOUNTS entry home is not an absolute path
            /run/cos/cos-layout.env:10: MOUNT_OPTIONS entry /nowhere=nosuid has no effect: nothing is mounted at /nowhere
            /run/cos/cos-layout.env:7: PERSISTENT_STATE_BIND=maybe is neither true nor false; true is used
            """.ReplaceLineEndings("\n"), string.Join('\n', layout.Problems));
        // A valid entry for a device that does not exist is as wrong: the message about it names the place too.
        Assert.Equal("LABEL=DATA:/data (/run/cos/cos-layout.env:2)", layout.Volumes[0].Subject);
    }

    [Theory]
    [InlineData("A=x\nVOLUMES=$A\n", 2)]
    [InlineData("VOLUMES=y\nVOLUMES=\"xx\n\nx\"\n", 4)]
    [InlineData("VOLUMES=\"a\\nx\"\n", 1)]
    [InlineData("\uFEFF\r\nVOLUMES=x\r\n", 2)]
    public void The_line_of_a_word_is_that_of_the_word_or_of_its_key(string text, int line) =>
        Assert.Equal(line, EnvFile.Parse(text).LineOf("VOLUMES", "x"));

    [Fact]
    public void A_fixed_class_cannot_be_changed()
    {
        var layout = LayoutReader.Read(Active, "OPTIONAL_PATHS=\"/etc /usr/local\"\nREQUIRED_PATHS=\"/oem rel\"\n", null, null);
        Assert.Equal((StepClass.Required, StepClass.Required, StepClass.Degraded),
            (layout.Classes.Of("/etc"), layout.Classes.Of("/usr/local"), layout.Classes.Of("/oem")));
        foreach (var words in (string[])["OPTIONAL_PATHS entry /etc has no effect", "kairosboot.persistent=", "REQUIRED_PATHS entry /oem",
            "rel is not an absolute"])
        {
            Assert.Contains(layout.Problems, problem => problem.Contains(words));
        }

        Assert.Equal(4, layout.Problems.Length);
    }

    [Theory]
    [InlineData("tmpfs:25%", "size=25%")]
    [InlineData("tmpfs:512m", "size=512m")]
    [InlineData("tmpfs:1g,inodes=20k", "size=1g,nr_inodes=20k")]
    [InlineData("tmpfs:65536,inodes=7", "size=65536,nr_inodes=7")]
    public void A_size_is_a_share_or_a_number_with_an_optional_inode_limit(string text, string options)
    {
        var backing = OverlayBacking.TryParse(text);
        Assert.Equal((options, text), (backing?.Tmpfs?.Options, backing?.ToString()));
    }

    [Theory]
    [InlineData("tmpfs:")]
    [InlineData("tmpfs:101%")]
    [InlineData("tmpfs:0")]
    [InlineData("tmpfs:-1m")]
    [InlineData("tmpfs:1t")]
    [InlineData("tmpfs:%")]
    [InlineData("tmpfs:1m,")]
    [InlineData("tmpfs:1m,inodes=")]
    [InlineData("tmpfs:1m,inodes=5%")]
    [InlineData("tmpfs:1m,mode=0777")]
    [InlineData("tmpfs:1m,inodes=5,inodes=6")]
    [InlineData("memory")]
    public void An_invalid_size_is_refused(string text) => Assert.Null(OverlayBacking.TryParse(text));

    [Fact]
    public void A_limit_without_effect_is_reported()
    {
        Assert.Contains("/var=lots",
            Assert.Single(LayoutReader.Read(Active, "OVERLAY_LIMITS=\"/var=lots /srv=1m\"\n", null, null).Problems));
        Assert.Contains("OVERLAY_LIMITS has no effect",
            Assert.Single(LayoutReader.Read(Active, "OVERLAY=LABEL=X\nOVERLAY_LIMITS=/srv=1m\n", null, null).Problems));
    }

    [Fact]
    public void Volumes_of_the_command_line_are_added_unless_MERGE_is_false()
    {
        var request = BootRequestParser.Parse(
            KernelCommandLine.Parse("rd.immucore.mount=LABEL=D:/data rd.immucore.mount=LABEL=E:/usr/local"));
        const string File = "VOLUMES=LABEL=COS_PERSISTENT:/usr/local\n";
        Assert.Equal(["LABEL=COS_PERSISTENT:/usr/local", "LABEL=D:/data"],
            LayoutReader.Read(request, File, null, null).Volumes.Select(v => v.ToString()));
        Assert.Single(LayoutReader.Read(request, File + "MERGE=false\n", null, null).Volumes);
    }

    [Fact]
    public void Two_paths_never_share_a_store()
    {
        string[] paths = ["/etc/foo-bar", "/etc/foo/bar", "/etc-foo/bar", @"/etc/foo\x2dbar", "/etc/ssh"];
        Assert.Equal(paths.Length, paths.Select(StoreFileName.Of).Distinct().Count());
        Assert.Equal("etc-ssh", StoreFileName.Of("/etc/ssh"));
    }
}
