namespace KairosBoot.Plan.Tests;

/// <summary>Decisions about a volume that is damaged, suspect or missing.</summary>
public sealed class VolumeTests
{
    private static BootRequest Request(string commandLine) => BootRequestParser.Parse(KernelCommandLine.Parse(commandLine));

    // fsck(8): the exit status is a sum.
    [Theory]
    [InlineData(0, CheckOutcome.Clean, "fsck.ext4 found nothing wrong")]
    [InlineData(1, CheckOutcome.Corrected, "fsck.ext4 repaired it (exit 1)")]
    [InlineData(2, CheckOutcome.Corrected, "fsck.ext4 repaired it (exit 2)")]
    [InlineData(3, CheckOutcome.Corrected, "fsck.ext4 repaired it (exit 3)")]
    [InlineData(4, CheckOutcome.Uncorrected, "fsck.ext4 left errors uncorrected (exit 4)")]
    [InlineData(5, CheckOutcome.Uncorrected, "fsck.ext4 left errors uncorrected (exit 5)")]
    [InlineData(8, CheckOutcome.Uncorrected, "fsck.ext4 did not check it: operational error (exit 8)")]
    [InlineData(9, CheckOutcome.Uncorrected, "fsck.ext4 did not check it: operational error (exit 9)")]
    [InlineData(12, CheckOutcome.Uncorrected,
        "fsck.ext4 left errors uncorrected and did not check everything: operational error (exit 12)")]
    [InlineData(16, CheckOutcome.Uncorrected, "fsck.ext4 did not check it: usage or syntax error (exit 16)")]
    [InlineData(32, CheckOutcome.Uncorrected, "fsck.ext4 did not check it: cancelled (exit 32)")]
    [InlineData(40, CheckOutcome.Uncorrected, "fsck.ext4 did not check it: operational error, cancelled (exit 40)")]
    [InlineData(127, CheckOutcome.Uncorrected,
        "fsck.ext4 left errors uncorrected and did not check everything: operational error, usage or syntax error, cancelled, unknown " +
        "error (exit 127)")]
    [InlineData(128, CheckOutcome.Uncorrected, "fsck.ext4 did not check it: a shared library is missing (exit 128)")]
    [InlineData(137, CheckOutcome.Uncorrected, "fsck.ext4 was killed by signal 9")]
    public void Every_exit_status_of_a_check_is_decoded(int exit, CheckOutcome outcome, string text) =>
        Assert.Equal((outcome, text),
            (CheckResult.Of("fsck.ext4", exit, timedOut: false).Outcome, CheckResult.Of("fsck.ext4", exit, timedOut: false).Text));

    [Fact]
    public void A_check_that_was_killed_counts_as_failed() =>
        Assert.False(CheckResult.Of("fsck.ext4", 0, timedOut: true).Sound);

    [Theory]
    [InlineData("", DamagedVolume.ReadOnly, MissingVolume.Stop)]
    [InlineData("kairosboot.persistent=ro", DamagedVolume.ReadOnly, MissingVolume.Stop)]
    [InlineData("kairosboot.persistent=recovery", DamagedVolume.Recovery, MissingVolume.Stop)]
    [InlineData("kairosboot.persistent=tmpfs", DamagedVolume.ReadOnly, MissingVolume.Tmpfs)]
    [InlineData("kairosboot.persistent=stop,recovery", DamagedVolume.Recovery, MissingVolume.Stop)]
    [InlineData("kairosboot.persistent=recovery,tmpfs", DamagedVolume.Recovery, MissingVolume.Tmpfs)]
    [InlineData("kairosboot.persistent=recovery,tmpfs root=LABEL=COS_RECOVERY", DamagedVolume.ReadOnly, MissingVolume.Tmpfs)]
    [InlineData("kairosboot.persistent=recovery kairos.reset", DamagedVolume.ReadOnly, MissingVolume.Tmpfs)]
    public void Recovery_has_its_own_policy_for_the_persistent_volume(
        string commandLine, DamagedVolume damaged, MissingVolume missing)
    {
        var request = Request(commandLine);
        Assert.Empty(request.Warnings);
        var policy = request.PolicyFor(new VolumeRequest(DeviceRef.Label("COS_PERSISTENT"), "/usr/local"));
        Assert.Equal((damaged, missing), (policy.Damaged, policy.Missing));
        Assert.Same(VolumePolicy.Default, request.PolicyFor(new VolumeRequest(DeviceRef.Label("DATA"), "/srv/data")));
    }

    [Fact]
    public void Recovery_never_falls_back_to_recovery()
    {
        var recovery = Request(
            "cos-img/filename=/cOS/active.img kairosboot.disk=aa-1 kairosboot.tries=2 kairosboot.why=order kairosboot.persistent=recovery")
            .ForSlot(Slot.Recovery);
        Assert.Equal((Slot.Recovery, "/cOS/recovery.squashfs", DeviceRef.Label("COS_RECOVERY"), "recovery_mode"),
            (recovery.Slot, recovery.ImagePath, recovery.ImagePartition, recovery.SentinelName));
        Assert.Equal((null, null, "PARTUUID=aa-1"), (recovery.TriesLeft, recovery.Why, recovery.LoadedFrom!.ToString()));
        Assert.Equal(DamagedVolume.ReadOnly, recovery.PolicyFor(DefaultLayout.Volumes[0]).Damaged);
        var disk = new BootDisk("vda", new BlockDevice("vda2", "vda", 2, 1), null);
        Assert.Contains("recovery.img", string.Join('\n', RootPlan.For(recovery, disk, [])));
        Assert.DoesNotContain("recovery", string.Join('\n', RootPlan.For(Request(""), disk, [])));
    }

    [Theory]
    [InlineData("", null, null, null)]
    [InlineData("", "is flagged as having errors", "was mounted 30 times without being checked", "is flagged as having errors, suspect")]
    [InlineData("", null, "was mounted 30 times without being checked", "was mounted 30 times without being checked")]
    [InlineData("fsck.mode=force", null, null, "is checked at every boot (fsck.mode=force)")]
    [InlineData("fsck.mode=force", "was not cleanly unmounted", null, "was not cleanly unmounted, suspect")]
    [InlineData("fsck.mode=skip", "is flagged as having errors", "was mounted 30 times without being checked", null)]
    public void A_check_has_a_reason(string commandLine, string? needs, string? routine, string? reason)
    {
        var found = Request(commandLine).Checks.ReasonFor(new Superblock("ext4", null, null, 0)
        {
            NeedsCheck = needs,
            RoutineCheck = routine
        });
        Assert.Equal(reason, found is null ? null : found.Text + (found.Suspect ? ", suspect" : ""));
    }

    [Fact]
    public void A_check_interval_needs_a_clock_that_is_set()
    {
        var superblock = new Superblock("ext4", null, null, 0) { CheckDueAt = 1_000_000 };
        Assert.Null(superblock.AsOf(999_999).RoutineCheck);
        Assert.NotNull(superblock.AsOf(1_000_001).RoutineCheck);
        Assert.Null((superblock with { CheckDueAt = 0 }).AsOf(1_000_001).RoutineCheck);
    }

    [Fact]
    public void The_step_prints_as_shell_commands()
    {
        var device = Device("vda6", "xfs") with { PartUuid = "p-6" };
        var policy = new VolumePolicy(DamagedVolume.ReadOnly, MissingVolume.Tmpfs, new("40%", null));
        var step = new MountVolume(StepClass.Required, device, "/sysroot/usr/local", policy, new(FsckMode.Skip, FsckRepair.Preen));
        Assert.Equal(
            "mkdir -p /sysroot/usr/local; " +
            "mount -t xfs -o rw /dev/vda6 /sysroot/usr/local || mount -t xfs -o ro /dev/vda6 /sysroot/usr/local || " +
            "mount -t xfs -o ro,norecovery /dev/vda6 /sysroot/usr/local || mount -t tmpfs -o rw,size=40%,mode=0755 tmpfs " +
                "/sysroot/usr/local # the errors, the result of a check and the policy decide which of these", step.Command);
        var flagged = Device("vda6",
            "ext3") with
        { Superblock = new Superblock("ext3", "D", null, 0) { NeedsCheck = "is flagged as having errors" } };
        Assert.StartsWith("mkdir -p /sysroot/usr/local; " +
            "chroot /sysroot fsck.ext4 -y /dev/vda6; [ $? -lt 4 ] && mount -t ext4 -o rw /dev/vda6 /sysroot/usr/local || " +
            "mount -t ext4 -o ro ",
            new MountVolume(StepClass.Required, flagged, "/sysroot/usr/local", VolumePolicy.Default,
                new(FsckMode.Auto, FsckRepair.Yes)).Command);
        Assert.Equal(("D on /dev/vda6 (ext4)", "PARTUUID=p-6"), ((step with { Device = flagged }).Name, step.Mount.FstabSource));
    }

    [Theory]
    [InlineData("", StepClass.Required, "no such partition")]
    [InlineData("kairosboot.persistent=tmpfs", StepClass.Degraded, "lost after this boot")]
    public void A_missing_persistent_volume_stops_the_boot_or_becomes_a_tmpfs(string commandLine, StepClass stepClass, string says)
    {
        var request = Request(commandLine + " rd.immucore.overlay=tmpfs:30%");
        var layout = LayoutReader.Read(request, null, null, null);
        var decision = VolumeSearch.Decide(layout, request, [Device("vda2", "ext4")], new BootDisk("vda", Device("vda2", "ext4"), null));
        var found = Assert.Single(decision.Volumes);
        Assert.Equal(stepClass, found.ProblemClass);
        Assert.Contains(says, found.Problem!.Problem);
        var plan = LayoutPlan.For(layout, decision.Volumes, null).Select(step => step.Command).ToList();
        var tmpfs = plan.IndexOf("mkdir -p /sysroot/usr/local && mount -t tmpfs -o rw,size=30%,mode=0755 tmpfs /sysroot/usr/local");
        Assert.Equal(stepClass == StepClass.Degraded, tmpfs >= 0);
        // Its stores exist only for this boot: they are seeded and bound as on a disk.
        const string Bind = "mkdir -p /sysroot/var/log && " +
            "mount --bind /sysroot/usr/local/.state/var-log.bind /sysroot/var/log && mount -o remount,bind,nosuid,nodev " +
            "/sysroot/var/log";
        if (tmpfs >= 0) Assert.InRange(plan.IndexOf(Bind), tmpfs + 1, plan.Count);
        Assert.DoesNotContain("/usr/local",
            string.Join('\n', IdentityPlan.For(decision.Volumes, new BootDisk("vda", Device("vda2", "ext4"), null))));
    }

    [Theory]
    [InlineData("COS_RECOVERY", DamagedVolume.Recovery)]
    [InlineData("OTHER", DamagedVolume.ReadOnly)]
    public void A_machine_without_recovery_mounts_a_damaged_volume_read_only(string label, DamagedVolume damaged)
    {
        var request = Request("kairosboot.persistent=recovery");
        BlockDevice Labelled(int number, string name) =>
            Device("vda" + number, "ext4") with { Superblock = new Superblock("ext4", name, null, 0) };
        var decision = VolumeSearch.Decide(LayoutReader.Read(request, null, null, null), request,
            [Labelled(4, label), Labelled(6, "COS_PERSISTENT")], new BootDisk("vda", Device("vda2", "ext4"), null));
        Assert.Equal(damaged, Assert.Single(decision.Volumes).Policy.Damaged);
        Assert.Equal(damaged == DamagedVolume.ReadOnly,
            decision.Volumes.Any(volume => volume.Note?.Contains("the boot disk has no COS_RECOVERY") == true));
    }

    [Fact]
    public void A_read_only_format_is_mounted_read_only_and_an_unknown_one_not_checked()
    {
        var step = new MountVolume(StepClass.Degraded, Device("vda6", "squashfs"), "/sysroot/data", VolumePolicy.Default,
            FileSystemChecks.Default);
        Assert.StartsWith("mkdir -p /sysroot/data; mount -t squashfs -o ro /dev/vda6 /sysroot/data", step.Command);
        Assert.True(step.Mount.ReadOnly);
        Assert.DoesNotContain("fsck", (step with { Device = step.Device with { Superblock = null } }).Command);
    }

    [Fact]
    public void Another_missing_volume_degrades_the_boot_without_a_replacement()
    {
        var request = Request("rd.immucore.mount=LABEL=DATA:/data kairosboot.persistent=tmpfs");
        var layout = LayoutReader.Read(request, "VOLUMES=LABEL=COS_PERSISTENT:/usr/local\n", null, null);
        var persistent = Device("vda6", "ext4") with { Superblock = new Superblock("ext4", "COS_PERSISTENT", null, 0) };
        var decision = VolumeSearch.Decide(layout, request, [persistent], new BootDisk("vda", Device("vda2", "ext4"), null));
        var data = Assert.Single(decision.Awaited);
        var final = VolumeSearch.Decide(layout, request, [persistent], new BootDisk("vda", Device("vda2", "ext4"), null), final: true);
        var found = Assert.Single(final.Volumes, volume => volume.Problem is not null);
        Assert.Equal((StepClass.Degraded, $"{data} (kernel command line): no such device appeared"),
            (found.ProblemClass, found.Problem!.Problem));
        Assert.DoesNotContain("/data", string.Join('\n', LayoutPlan.For(layout, decision.Volumes, null)));
    }

    private static BlockDevice Device(string name, string type) =>
        new(name, "vda", int.Parse(name[3..]), 1 << 30) { Superblock = new Superblock(type, null, null, 1 << 30) };

    [Theory]
    [InlineData("/data/.state", "; not persistent without it: /a, /b, /c, /d, /e, /f, /g, /h and 2 more")]
    [InlineData("/usr/local/.state", "")]
    public void A_missing_volume_names_the_paths_that_are_stored_on_it(string target, string lost)
    {
        var request = Request("");
        var layout = LayoutReader.Read(request, $"VOLUMES=\"LABEL=DATA:/data\"\nPERSISTENT_STATE_TARGET={target}\n" +
            "PERSISTENT_STATE_PATHS=\"/a /b /c /d /e /f /g /h /i /j\"\n", null, null);
        var disk = new BootDisk("vda", new BlockDevice("vda1", "vda", 1, 1 << 20), null);
        var volume = Assert.Single(VolumeSearch.Decide(layout, request, [disk.Images], disk, final: true).Volumes);
        Assert.EndsWith(lost, volume.Problem!.Problem);
        Assert.Equal(lost.Length > 0, volume.Problem.Problem.Contains("not persistent"));
        // Each step that needs a store on it fails without another message.
        var steps = LayoutPlan.For(layout, [volume], null);
        Assert.Equal(lost.Length > 0 ? 11 : 0, steps.Count(step => StoredPaths.AreLost(step, [])));
    }
}
