using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>Damaged file systems on real loop devices; this system's own fsck plays the part of the image's.</summary>
public sealed class VolumeMountTests
{
    private static readonly VolumePolicy ToRecovery = new(DamagedVolume.Recovery, MissingVolume.Stop),
        ToTmpfs = new(DamagedVolume.ReadOnly, MissingVolume.Tmpfs, new("1m", null));

    // The test also proves each change, and that e2fsck reacts as the name says.
    private const string FlaggedAndWrong = "ssv state 3\nssv free_blocks_count 5", NoJournal = "clri <8>", NoRoot = "clri <2>";

    [Fact]
    public void A_flagged_file_system_is_repaired_before_it_is_mounted() => On(FlaggedAndWrong, (scratch, volume) =>
    {
        var result = Apply(volume);
        Assert.Null(result.Error?.ToString() ?? result.Shortfall);
        Assert.Contains("is flagged as having errors: fsck.ext4 repaired it (exit 1)", result.Note);
        Holds(scratch, volume, "rw", writable: true);
        Syscall.Umount(volume.Target);
        MountNamespace.Tool("e2fsck", "-n", "-f", volume.Device.Node);
    });

    [Fact]
    public void An_unflagged_file_system_that_cannot_be_mounted_is_checked_once() => On(NoJournal, (scratch, volume) =>
    {
        Assert.Null(volume.Check);
        var result = Apply(volume);
        Assert.Null(result.Error?.ToString() ?? result.Shortfall);
        Assert.Contains("cannot be mounted", result.Note);
        Assert.Contains("repaired it (exit 1)", result.Note);
        Holds(scratch, volume, "rw", writable: true);
    });

    [Fact]
    public void A_volume_with_uncorrected_errors_is_mounted_read_only() => OnDamaged((scratch, volume) =>
    {
        var result = Apply(volume);
        Assert.Null(result.Error);
        Assert.Contains("left errors uncorrected (exit 4)", result.Shortfall);
        Assert.Contains($"fsck.ext4 -y {volume.Device.Node}", result.Shortfall);
        Assert.Equal("ro", result.Mount!.Options);
        Holds(scratch, volume, "ro", writable: false);
    });

    [Fact]
    public void With_repair_yes_the_same_damage_is_repaired() => OnDamaged((scratch, volume) =>
    {
        var result = Apply(volume with { Checks = new(FsckMode.Auto, FsckRepair.Yes) });
        Assert.Null(result.Error?.ToString() ?? result.Shortfall);
        Holds(scratch, volume, "rw", writable: true);
    });

    [Fact]
    public void With_the_policy_recovery_a_damaged_volume_is_not_mounted() => OnDamaged((_, volume) =>
    {
        var wish = Assert.Throws<RecoveryWantedException>(() => Apply(volume with { Policy = ToRecovery }));
        Assert.Contains("left errors uncorrected", wish.Message);
        Assert.Contains("DATA on /dev/loop", wish.Message);
        Assert.DoesNotContain(MountTable.Read(), mount => mount.MountPoint == volume.Target);
    });

    [Fact]
    public void An_unreadable_file_system_fails_with_the_reason_and_the_fix() => On(NoRoot, (_, volume) =>
    {
        var failure = Assert.Throws<StepFailedException>(() => Apply(volume));
        Assert.Contains("left errors uncorrected (exit 4), and cannot be mounted read-only either", failure.Result.Error?.ToString());
        Assert.Contains($"repair it in recovery (fsck.ext4 -y {volume.Device.Node})", failure.Result.Error?.ToString());
        // For another volume, the failure is only a line in the report.
        Assert.NotNull(Apply(volume with { Class = StepClass.Degraded }).Error);
        Assert.DoesNotContain(MountTable.Read(), mount => mount.MountPoint == volume.Target);
    });

    [Fact]
    public void A_tmpfs_of_the_configured_size_can_replace_a_volume() => On(NoRoot, (_, volume) =>
    {
        var result = Apply(volume with { Policy = ToTmpfs });
        Assert.Null(result.Error);
        Assert.Contains("lost after this boot", result.Shortfall);
        var mount = MountTable.Read().Single(mount => mount.MountPoint == volume.Target);
        Assert.Equal(("tmpfs", false), (mount.Type, mount.ReadOnly));
        Assert.Empty(MountCheck.Compare([result.Mount!], new VisibleMounts([mount])));
        File.WriteAllBytes(volume.Target + "/fits", new byte[1 << 19]);
        Assert.ThrowsAny<IOException>(() => File.WriteAllBytes(volume.Target + "/large", new byte[1 << 21]));
    });

    [Fact]
    public void A_missing_check_program_is_reported_with_its_package() => On(FlaggedAndWrong, (scratch, volume) =>
    {
        var result = Apply(volume with { Image = EmptyImage(scratch) });
        Assert.Contains("the image has no fsck.ext4 (add e2fsprogs when it is built)", result.Shortfall);
        Holds(scratch, volume, "ro", writable: false);
    });

    [Fact]
    public void Without_a_check_program_a_routine_check_is_skipped() => On("ssv max_mnt_count 5\nssv mnt_count 7", (scratch, volume) =>
    {
        var result = Apply(volume with { Image = EmptyImage(scratch) });
        Assert.Null(result.Error?.ToString() ?? result.Shortfall);
        Assert.Contains("was mounted 7 times without being checked, but the image has no fsck.ext4", result.Note);
        Holds(scratch, volume, "rw", writable: true);
    });

    [Fact]
    public void A_routine_check_resets_the_mount_count() => On("ssv max_mnt_count 5\nssv mnt_count 7", (_, volume) =>
    {
        Assert.Contains("found nothing wrong", Apply(volume).Note);
        Syscall.Umount(volume.Target);
        Assert.Null(Probe(volume.Device.Node).RoutineCheck);
    });

    [Fact]
    public void A_file_system_is_checked_only_once() => OnDamaged((_, volume) =>
    {
        var runs = 0;
        var executor = new StepExecutor(new KernelModules(), MessageLog.None, (image, program, arguments, limit) =>
        {
            runs++;
            return ChildProcess.Run(image.TrimEnd('/') + program, arguments, [], limit);
        });
        for (var round = 0; round < 3; round++)
        {
            Assert.Contains("left errors uncorrected", executor.Apply(volume).Shortfall);
            Syscall.Umount(volume.Target);
        }
        Assert.Equal(1, runs);
    });

    [Fact]
    public void A_check_that_does_not_end_is_killed() => On(FlaggedAndWrong, (scratch, volume) =>
    {
        var image = EmptyImage(scratch);
        File.WriteAllText(image + "/sbin/fsck.ext4", "#!/bin/sh\necho checking\nexec tail -f /dev/null\n");
        AtPath.ChMod(image + "/sbin/fsck.ext4", Octal.O500);
        var executor = new StepExecutor(new KernelModules(), MessageLog.None,
            (root, program, arguments, _) => ChildProcess.Run(root + program, arguments, ["PATH=/usr/bin:/bin"],
                TimeSpan.FromMilliseconds(300)));
        Assert.Contains("did not finish in time", executor.Apply(volume with { Image = image }).Shortfall);
        Holds(scratch, volume, "ro", writable: false);
    });

    [Fact]
    public void A_check_program_that_cannot_be_started_counts_as_failed() => On(FlaggedAndWrong, (scratch, volume) =>
    {
        var image = EmptyImage(scratch);
        File.WriteAllText(image + "/sbin/fsck.ext4", "not a program");
        AtPath.ChMod(image + "/sbin/fsck.ext4", Octal.O500);
        Assert.Contains("could not be started", Apply(volume with { Image = image }).Shortfall);
    });

    [Fact]
    public void With_checks_skipped_a_flagged_file_system_is_mounted() => On(FlaggedAndWrong, (scratch, volume) =>
    {
        var result = Apply(volume with { Checks = new(FsckMode.Skip, FsckRepair.Preen) });
        Assert.Null(result.Error?.ToString() ?? result.Shortfall ?? result.Note);
        Holds(scratch, volume, "rw", writable: true);
    });

    [Fact]
    public void With_checks_skipped_a_wiped_journal_still_leaves_the_data_readable() => OnWipedJournal((scratch, volume) =>
    {
        var result = Apply(volume with { Checks = new(FsckMode.Skip, FsckRepair.Preen) });
        Assert.Contains("fsck.mode=skip", result.Shortfall);
        Assert.Equal("ro,noload", result.Mount!.Options);
        Holds(scratch, volume, "ro", writable: false);
    });

    [Fact]
    public void A_wiped_journal_is_recreated() => OnWipedJournal((scratch, volume) =>
    {
        Assert.Contains("repaired it", Apply(volume).Note);
        Holds(scratch, volume, "rw", writable: true);
    });

    [Fact]
    public void A_write_protected_device_is_not_damaged_and_is_mounted_read_only() => MountNamespace.Run(scratch =>
    {
        using var device = LoopDevice.Attach(Image(scratch, ""), readOnly: true);
        var volume = Volume(scratch, device);
        var result = Apply(volume with { Policy = ToRecovery });
        Assert.Contains("cannot be mounted writable", result.Shortfall);
        Assert.DoesNotContain("fsck", result.Shortfall);
        Holds(scratch, volume, "ro", writable: false);
    });

    [Fact]
    public void A_sound_file_system_is_mounted_without_a_note() => On("", (scratch, volume) =>
    {
        var result = Apply(volume);
        Assert.Null(result.Error?.ToString() ?? result.Shortfall ?? result.Note);
        Assert.Equal(volume.Mount, result.Mount);
        Holds(scratch, volume, "rw", writable: true);
        Assert.Empty(MountCheck.Compare([result.Mount!], new VisibleMounts(MountTable.Read())));
    });

    [Fact]
    public void Force_checks_even_a_sound_file_system() => On("", (_, volume) =>
        Assert.Contains("fsck.mode=force): fsck.ext4 found nothing wrong",
            Apply(volume with { Checks = new(FsckMode.Force, FsckRepair.Preen) }).Note));

    [Fact]
    public void A_damaged_xfs_whose_check_finds_nothing_is_not_mounted_writable() => MountNamespace.Run(scratch =>
    {
        var image = scratch + "/image";
        using (var file = File.Create(image)) file.SetLength(320 << 20);
        MountNamespace.Tool("mkfs.xfs", "-q", "-L", "DATA", image);
        using (var file = File.OpenWrite(image))
        {
            file.Position = 1024; // the first allocation group's inode header, sector 2
            file.Write(new byte[512]);
        }
        using var device = LoopDevice.Attach(image, readOnly: false);
        var result = Apply(Volume(scratch, device) with { Class = StepClass.Degraded });
        Assert.Contains("cannot be mounted", result.Error?.ToString() ?? result.Shortfall);
        Assert.Contains("fsck.xfs", result.Error?.ToString() ?? result.Shortfall);
    });

    private static StepResult Apply(MountVolume volume) => new StepExecutor(new KernelModules(), MessageLog.None).Apply(volume);

    private static void On(string debugfs, Action<string, MountVolume> body) => MountNamespace.Run(scratch =>
    {
        using var device = LoopDevice.Attach(Image(scratch, debugfs), readOnly: false);
        body(scratch, Volume(scratch, device));
    });

    /// <summary>Two files that share a block: e2fsck -a does not decide which one keeps it.</summary>
    private static void OnDamaged(Action<string, MountVolume> body) => MountNamespace.Run(scratch =>
    {
        var image = Image(scratch, "");
        var block = MountNamespace.Tool("debugfs", "-R", "bmap other 0", image).Trim().Split('\n')[^1];
        DebugFs(scratch, image, $"sif file block[5] {block}\nssv state 3");
        using var device = LoopDevice.Attach(image, readOnly: false);
        body(scratch, Volume(scratch, device));
    });

    private static void OnWipedJournal(Action<string, MountVolume> body) => MountNamespace.Run(scratch =>
    {
        var image = Image(scratch, "");
        var block = MountNamespace.Tool("debugfs", "-R", "bmap <8> 0", image).Trim().Split('\n')[^1];
        using (var file = File.OpenWrite(image))
        {
            file.Position = long.Parse(block) * 1024;
            file.Write(new byte[4096]);
        }
        using var device = LoopDevice.Attach(image, readOnly: false);
        body(scratch, Volume(scratch, device));
    });

    private static string Image(string scratch, string debugfs)
    {
        string tree = scratch + "/tree", image = scratch + "/image";
        Directory.CreateDirectory(tree);
        File.WriteAllText(tree + "/file", new string('f', 20_000));
        File.WriteAllText(tree + "/other", new string('o', 20_000));
        File.WriteAllText(tree + "/kept", "kept");
        MountNamespace.Tool("mke2fs", "-q", "-t", "ext4", "-b", "1024", "-L", "DATA", "-d", tree, image, "16M");
        if (debugfs.Length > 0) DebugFs(scratch, image, debugfs);
        return image;
    }

    private static void DebugFs(string scratch, string image, string commands)
    {
        File.WriteAllText(scratch + "/commands", commands + "\n");
        MountNamespace.Tool("debugfs", "-w", "-f", scratch + "/commands", image);
    }

    private static MountVolume Volume(string scratch, FileHandle loop) => new(
        StepClass.Required, new BlockDevice(loop.Path[5..], loop.Path[5..], 0, 1) { Superblock = BlockProbe.Superblock(loop) }, scratch
            + "/volume",
        VolumePolicy.Default, FileSystemChecks.Default)
    { Image = "/" };

    private static Superblock Probe(string node)
    {
        using var device = Syscall.Open(node, OpenFlags.ReadOnly);
        return BlockProbe.Superblock(device)!;
    }

    private static string EmptyImage(string scratch)
    {
        Directory.CreateDirectory(scratch + "/empty/sbin");
        return scratch + "/empty";
    }

    private static void Holds(string scratch, MountVolume volume, string options, bool writable)
    {
        var mount = MountTable.Read().Single(mount => mount.MountPoint == volume.Target);
        Assert.StartsWith(options, mount.Options);
        Assert.Equal("kept", File.ReadAllText(volume.Target + "/kept"));
        if (writable) File.WriteAllText(volume.Target + "/new", scratch);
        else Assert.Equal(Errno.EROFS, Assert.Throws<SyscallException>(() => FileText.Write(volume.Target + "/new", scratch)).Errno);
    }
}
