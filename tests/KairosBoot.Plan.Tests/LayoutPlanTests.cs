namespace KairosBoot.Plan.Tests;

public sealed class LayoutPlanTests
{
    private static readonly BlockDevice Persistent = new("vda6", "vda", 6, 1 << 30)
    {
        Superblock = new Superblock("ext4", "COS_PERSISTENT", "u-1", 1 << 30), PartUuid = "p-6",
    };

    private static string Plan(string cosLayout, params (string Volume, BlockDevice? Device)[] devices)
    {
        var layout = LayoutReader.Read(BootRequestParser.Parse(KernelCommandLine.Parse("")), cosLayout, null, null);
        var volumes = layout.Volumes.Select(v => new FoundVolume(v, devices.FirstOrDefault(d => d.Volume == v.Path).Device));
        return string.Join('\n', LayoutPlan.For(layout, [.. volumes], null));
    }

    [Fact]
    public void A_layout_is_a_list_of_commands_that_an_operator_can_paste()
    {
        var plan = Plan("VOLUMES=LABEL=COS_PERSISTENT:/usr/local\nRW_PATHS=\"/etc /var\"\nOVERLAY=tmpfs:25%\n" +
            "PERSISTENT_STATE_PATHS=\"/etc/ssh /root\"\n",
            ("/usr/local", Persistent));
        Assert.Equal(
            """
            mkdir -p /run/overlay && mount -t tmpfs -o rw,nosuid,nodev,size=25%,mode=0755 tmpfs /run/overlay
            rm -rf /run/overlay/etc/.overlay; mkdir -p /run/overlay/etc/.overlay/work; [ -d /run/overlay/etc/.overlay/upper ] || { mkdir /run/overlay/etc/.overlay/upper; chown --reference=/sysroot/etc /run/overlay/etc/.overlay/upper; chmod --reference=/sysroot/etc /run/overlay/etc/.overlay/upper; }; mount -t overlay -o lowerdir=/sysroot/etc,upperdir=/run/overlay/etc/.overlay/upper,workdir=/run/overlay/etc/.overlay/work overlay /sysroot/etc # a new upper directory also gets the extended attributes
            rm -rf /run/overlay/var/.overlay; mkdir -p /run/overlay/var/.overlay/work; [ -d /run/overlay/var/.overlay/upper ] || { mkdir /run/overlay/var/.overlay/upper; chown --reference=/sysroot/var /run/overlay/var/.overlay/upper; chmod --reference=/sysroot/var /run/overlay/var/.overlay/upper; }; mount -t overlay -o lowerdir=/sysroot/var,upperdir=/run/overlay/var/.overlay/upper,workdir=/run/overlay/var/.overlay/work overlay /sysroot/var # a new upper directory also gets the extended attributes
            mkdir -p /sysroot/usr/local; mount -t ext4 -o rw /dev/vda6 /sysroot/usr/local || { chroot /sysroot fsck.ext4 -a -f /dev/vda6; [ $? -lt 4 ] && mount -t ext4 -o rw /dev/vda6 /sysroot/usr/local; } || mount -t ext4 -o ro /dev/vda6 /sysroot/usr/local || mount -t ext4 -o ro,noload /dev/vda6 /sysroot/usr/local # the errors, the result of a check and the policy decide which of these
            # fill new stores from the image; in existing ones, update the files that the user did not change
            mkdir -p /sysroot/usr/local/.state
            [ -d /sysroot/usr/local/.state/etc-ssh.bind ] || cp -a /sysroot/etc/ssh /sysroot/usr/local/.state/etc-ssh.bind
            [ -d /sysroot/usr/local/.state/root.bind ] || cp -a /sysroot/root /sysroot/usr/local/.state/root.bind
            mkdir -p /sysroot/root && mount --bind /sysroot/usr/local/.state/root.bind /sysroot/root
            mkdir -p /sysroot/etc/ssh && mount --bind /sysroot/usr/local/.state/etc-ssh.bind /sysroot/etc/ssh && mount -o remount,bind,nosuid,nodev /sysroot/etc/ssh
            """, plan);
    }

    [Theory]
    [InlineData("/home", "/home/data", "/home/data/x")]
    [InlineData("/srv", "/srv/a-b", "/srv/a-b/c")]
    public void Parents_come_before_children_over_all_kinds_of_mounts(string bind, string volume, string overlay)
    {
        var other = Persistent with { Name = "vdb1", Disk = "vdb", Partition = 1 };
        var plan = Plan($"VOLUMES=\"LABEL=D:{volume} LABEL=COS_PERSISTENT:/usr/local\"\nRW_PATHS=\"{overlay} /etc\"\n" +
            $"PERSISTENT_STATE_PATHS={bind}\n",
            ("/usr/local", Persistent), (volume, other)).Split('\n').ToList();
        int At(string end) => plan.FindIndex(line => line.Contains("mount ") && Target(line) == "/sysroot" + end);
        Assert.InRange(At("/usr/local"), 0, At(bind) - 1);
        Assert.InRange(At(bind), 0, At(volume) - 1);
        Assert.InRange(At(volume), 0, At(overlay) - 1);
    }

    // The last word before the comment.
    private static string Target(string line) => line.Split(" # ")[0].Split(' ')[^1];

    [Fact]
    public void A_store_with_Kairos_name_is_used_unless_it_is_another_paths()
    {
        const string Volume = "VOLUMES=LABEL=COS_PERSISTENT:/usr/local\nRW_PATHS=/etc\n";
        Assert.Contains("|| [ -d /sysroot/usr/local/.state/var-lib-ca-certs.bind ]",
            Plan(Volume + "PERSISTENT_STATE_PATHS=/var/lib/ca-certs\n", ("/usr/local", Persistent)));
        Assert.DoesNotContain("|| [ -d /sysroot/usr/local/.state/etc-foo-bar.bind ]",
            Plan(Volume + "PERSISTENT_STATE_PATHS=\"/etc/foo-bar /etc/foo/bar\"\n", ("/usr/local", Persistent)));
    }

    [Fact]
    public void Mounts_are_ordered_by_depth_not_by_the_order_of_the_lists()
    {
        BlockDevice Device(int number) => Persistent with { Name = $"vda{number}", Partition = number, PartUuid = $"p-{number}" };
        var plan = Plan("""
            VOLUMES="LABEL=C:/srv/a/b/c LABEL=A:/srv/a LABEL=B:/srv/a/b LABEL=COS_PERSISTENT:/usr/local"
            RW_PATHS="/srv/a/b/c/d /srv /etc"
            PERSISTENT_STATE_PATHS="/srv/a/b/c/d/e"
            """, ("/usr/local", Persistent), ("/srv/a", Device(7)), ("/srv/a/b", Device(8)), ("/srv/a/b/c", Device(9)));
        Assert.Equal(
            ["/srv", "/srv/a", "/srv/a/b", "/srv/a/b/c", "/srv/a/b/c/d", "/srv/a/b/c/d/e"],
            plan.Split('\n').Where(line => line.Contains("mount ")).Select(Target)
                .Where(target => target.StartsWith("/sysroot/srv",
                    StringComparison.Ordinal)).Select(target => target["/sysroot".Length..]));
    }

    [Fact]
    public void An_overlay_with_its_own_limit_gets_its_own_tmpfs()
    {
        var plan = Plan("RW_PATHS=\"/etc /var\"\nOVERLAY=tmpfs:64m,inodes=4k\nOVERLAY_LIMITS=\"/var=16m,inodes=500 /not-an-overlay=1m\"\n");
        Assert.Equal(
            ["mkdir -p /run/overlay && mount -t tmpfs -o rw,nosuid,nodev,size=64m,nr_inodes=4k,mode=0755 tmpfs /run/overlay",
             "mkdir -p /run/overlay/var && mount -t tmpfs -o rw,nosuid,nodev,size=16m,nr_inodes=500,mode=0755 tmpfs /run/overlay/var"],
            plan.Split('\n').Where(line => line.Contains("mount -t tmpfs", StringComparison.Ordinal)));
        Assert.Contains("upperdir=/run/overlay/var/.overlay/upper", plan);
    }

    [Fact]
    public void Overlays_on_a_device_are_emptied_at_every_boot()
    {
        var layout = LayoutReader.Read(BootRequestParser.Parse(KernelCommandLine.Parse("")),
            "OVERLAY=LABEL=SCRATCH\nRW_PATHS=\"/etc /var\"\n", null, null);
        var plan = string.Join('\n', LayoutPlan.For(layout, [], Persistent with { Name = "vdb1" }));
        Assert.Contains("mount -t ext4 -o rw,nosuid,nodev /dev/vdb1 /run/overlay", plan);
        Assert.Contains("rm -rf /run/overlay/.kairosboot/var/.overlay; mkdir -p /run/overlay/.kairosboot/var/.overlay/work; ", plan);
    }

    [Fact]
    public void The_classes_of_the_table_and_of_the_layout_are_in_the_steps()
    {
        var layout = LayoutReader.Read(BootRequestParser.Parse(KernelCommandLine.Parse("")),
            "VOLUMES=\"LABEL=COS_PERSISTENT:/usr/local LABEL=D:/data LABEL=E:/more\"\nRW_PATHS=\"/etc /var /srv\"\n" +
                "PERSISTENT_STATE_PATHS=\"/etc/ssh /root /opt\"\n",
            null, "REQUIRED_PATHS=\"/data /etc/ssh\"\nOPTIONAL_PATHS=\"/srv /opt /etc/ssh\"\n");
        var steps = LayoutPlan.For(layout, [.. layout.Volumes.Select(v => new FoundVolume(v, Persistent))], null);
        StepClass Of(string path) => steps.Single(step => step.Mount?.Target == "/sysroot" + path).Class;
        Assert.Equal([StepClass.Required, StepClass.Required, StepClass.Required, StepClass.Required],
            new[] { "/usr/local", "/etc", "/data", "/etc/ssh" }.Select(Of));
        Assert.Equal([StepClass.Degraded, StepClass.Degraded, StepClass.Degraded], new[] { "/var", "/root", "/more" }.Select(Of));
        Assert.Equal([StepClass.Optional, StepClass.Optional], new[] { "/srv", "/opt" }.Select(Of));
    }

    [Fact]
    public void A_bound_path_gets_no_overlay()
    {
        var plan = Plan("VOLUMES=LABEL=COS_PERSISTENT:/usr/local\nRW_PATHS=\"/root /etc\"\nPERSISTENT_STATE_PATHS=/root\n",
            ("/usr/local", Persistent));
        Assert.DoesNotContain("lowerdir=/sysroot/root", plan);
    }

    [Fact]
    public void A_volume_without_a_device_is_left_out()
    {
        var plan = Plan("VOLUMES=\"LABEL=COS_PERSISTENT:/usr/local LABEL=GONE:/data\"\nRW_PATHS=/etc\n", ("/usr/local", Persistent));
        Assert.Contains("/sysroot/usr/local", plan);
        Assert.DoesNotContain("/data", plan);
    }

    [Fact]
    public void Persistent_paths_can_be_overlays_instead_of_binds()
    {
        var plan = Plan("VOLUMES=LABEL=COS_PERSISTENT:/usr/local\nRW_PATHS=/etc\nPERSISTENT_STATE_PATHS=/root\n" +
            "PERSISTENT_STATE_BIND=false\n",
            ("/usr/local", Persistent));
        Assert.Contains("upperdir=/sysroot/usr/local/.state/root.overlay/upper", plan);
        Assert.DoesNotContain("--bind", plan);
    }
}
