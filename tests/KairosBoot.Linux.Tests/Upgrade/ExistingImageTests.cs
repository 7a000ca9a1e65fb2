using System.Diagnostics;
using KairosBoot.Execution;
using KairosBoot.Lifecycle;
using KairosBoot.Linux.Tests.Stages;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>Upgrades that look at images, not slots: a repeated upgrade writes nothing, and the image to return to stays.</summary>
public sealed class ExistingImageTests
{
    private static UpgradeResult Unchanged(InstalledSystem system, Func<UpgradeResult> upgrade)
    {
        var before = system.Files;
        var result = upgrade();
        Assert.Equal(before, system.Files);
        Assert.True(system.IsReadOnly);
        return result;
    }

    private static void SetCounters(InstalledSystem system, Func<BootCounters, BootCounters> change) =>
        BootStateFile.Update(system.State + SystemPaths.BootState, block => change(block.Counters));

    [Theory]
    [InlineData(Slot.Active)]
    [InlineData(Slot.Passive)]
    public void An_upgrade_to_the_running_image_writes_nothing(Slot running) => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch, running);
        var result = Unchanged(system, () => system.Upgrade($"{scratch}/{running.Name()}.img"));
        var next = running == Slot.Active ? "" : " (passive); the next boot is active";
        Assert.Equal(($"already runs this image{next}", false), (result.Outcome, result.NeedsReboot));
        Assert.Equal(("active", "passive"), system.Slots);
        Assert.Equal("already runs this image" + next,
            Unchanged(system, () => system.Upgrade(InstalledSystem.Of(root: system.Host))).Outcome);
    });

    [Fact]
    public void A_repeated_upgrade_keeps_the_image_to_return_to() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var image = system.Image("new");
        foreach (var _ in (int[])[1, 2])
        {
            system.Upgrade(image);
            Assert.Equal(("new", "active"), system.Slots);
        }

        system.Boot(Slot.Active);
        Assert.Equal("already runs this image", Unchanged(system, () => system.Upgrade(image)).Outcome);
        Assert.Equal(("new", "active"), system.Slots);
    });

    [Fact]
    public void A_damaged_copy_of_the_running_image_is_another_image() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var image = scratch + "/active.img"; // the file that the slot has a copy of
        MountedPartition.Change(system.State, () =>
        {
            using var file = File.OpenWrite(system.State + Slot.Active.Image());
            file.Position = file.Length / 2;
            file.Write("damage"u8);
        });
        Assert.Equal("active is new, passive is what was active", system.Upgrade(image).Outcome);
    });

    [Theory]
    [InlineData(Slot.Active, false, true, "new passive", "passive is as before")]
    [InlineData(Slot.Active, true, true, "new active", "passive is what was active")]
    [InlineData(Slot.Active, false, false, "new active", "passive is what was active")]
    [InlineData(Slot.Passive, true, false, "new active", "passive is what was active")]
    [InlineData(Slot.Passive, true, true, "new passive", "passive is as before")]
    public void The_last_good_image_other_than_the_running_one_stays(
        Slot running, bool activeGood, bool passiveGood, string slots, string outcome) => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch, running);
        SetCounters(system, counters => counters with { Active = new(3, activeGood, ""), Passive = new(3, passiveGood, "") });
        Assert.Equal($"active is new, {outcome}", system.Upgrade(system.Image("new")).Outcome);
        Assert.Equal(slots, $"{system.Slots.Active} {system.Slots.Passive}");
        Assert.True(system.IsReadOnly);
        // The next upgrade, before the reboot, keeps it too.
        system.Upgrade(system.Image("newer"));
        Assert.Equal(slots.Replace("new", "newer"), $"{system.Slots.Active} {system.Slots.Passive}");
        Assert.True(system.IsReadOnly);
    });

    [Fact]
    public void An_interrupted_upgrade_and_an_older_image_are_said() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        File.WriteAllText(system.Host + "/etc/os-release", "ID=test\nVERSION_ID=1.10\n");
        File.WriteAllText(scratch + "/os-release", "ID=test\nVERSION_ID=1.9\n");
        var old = system.Image("new", "mkdir /etc", "cd /etc", $"write {scratch}/os-release os-release");
        MountedPartition.Change(system.State, () => File.WriteAllText(system.State + "/cOS/transition.img", "half an image"));
        Assert.Equal(["an earlier upgrade was interrupted; what it left is removed",
            "the new image is older than the running system: test 1.9 instead of 1.10"], system.Upgrade(old).Notes);
        Assert.Empty(system.Upgrade(system.Image("newer")).Notes);
    });

    [Fact]
    public void A_mistyped_place_is_refused_and_nothing_is_written() => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/empty");
        File.WriteAllText(scratch + "/file", "");
        foreach (var (option, place, problem) in ((string, string, string)[])[
            ("--host", "/nosuch", "does not exist"), ("--host", "/file", "is not a directory"), ("--host", "/empty", "is not on a loop"),
            ("--state", "/nosuch", "does not exist"), ("--state", "/empty", "is not COS_STATE")])
        {
            var (code, _, errors) = KBoot.Run("upgrade", option, scratch + place, "--image", scratch + "/file");
            Assert.True(code == 1 && errors.Contains(problem), errors);
        }

        Assert.Equal(["empty", "file"], Directory.GetFileSystemEntries(scratch, "*", SearchOption.AllDirectories).Select(Path.GetFileName)
            .Order());
    });

    [Fact]
    public void Host_and_state_share_one_lock() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        Directory.CreateDirectory(scratch + "/elsewhere");
        Syscall.Mount(system.State, scratch + "/elsewhere", "", MountFlags.Bind, "");
        TargetSystem ByHost() => TargetSystem.Open(system.Host, null);
        TargetSystem ByState() => TargetSystem.Open(null, scratch + "/elsewhere");
        foreach (var (holder, other) in ((Func<TargetSystem>, Func<TargetSystem>)[])[(ByHost, ByState), (ByState, ByHost)])
        {
            using (holder())
            {
                Assert.Contains("another upgrade, reset or installation is running",
                    Assert.Throws<OperatorException>(() => { other(); }).Problem);
            }

            other().Dispose();
        }
    });

    [Fact]
    public void A_compressed_image_and_a_pipe_are_taken() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        Assert.Equal("already runs this image", Unchanged(system, () => system.Upgrade(Compress(scratch + "/active.img"))).Outcome);
        var image = system.Image("new");
        system.Upgrade(Compress(image));
        Assert.Equal(("new", "active"), system.Slots);
        Assert.Equal(File.ReadAllBytes(image), File.ReadAllBytes(system.State + Slot.Active.Image()));
        Assert.DoesNotContain("unwritten", MountNamespace.Tool("filefrag", "-v", system.State + Slot.Active.Image()));
        foreach (var (name, writer) in ((string, string)[])[("newer", "cat"), ("newest", "compressed")])
        {
            var source = system.Image(name);
            if (writer == "compressed") source = Compress(source);
            MountNamespace.Tool("mkfifo", scratch + "/fifo" + name);
            using var cat = Process.Start("sh", ["-c", $"cat {source} > {scratch}/fifo{name}"]);
            system.Upgrade(scratch + "/fifo" + name);
            cat.WaitForExit();
            Assert.Equal((name, "active"), system.Slots);
        }
    });

    [Theory]
    [InlineData("cut", "the compressed data is damaged or cut")]
    [InlineData("flipped", "the compressed data is damaged or cut")]
    [InlineData("text", "contains no file system image")]
    [InlineData("seal", "does not match its seal")]
    [InlineData("kernel", "cannot boot: ")]
    public void A_damaged_stream_is_refused(string kind, string problem) => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var image = system.Image("new", kind == "kernel" ? ["rm /boot/vmlinuz"] : []);
        if (kind == "text") File.WriteAllText(image, "text");
        if (kind == "seal")
        {
            using var file = File.OpenWrite(image);
            file.Position = file.Length / 2;
            file.Write("damage"u8);
        }

        var compressed = Compress(image);
        var bytes = File.ReadAllBytes(compressed);
        if (kind == "cut") File.WriteAllBytes(compressed, bytes[..^100]);
        if (kind == "flipped") File.WriteAllBytes(compressed, [.. bytes[..^100], (byte)(bytes[^100] ^ 0x55), .. bytes[^99..]]);
        var before = system.Files;
        var refusal = Assert.Throws<OperatorException>(() => system.Upgrade(compressed));
        Assert.Contains(problem, refusal.Problem);
        Assert.Contains(compressed, refusal.Problem);
        Assert.Equal(before, system.Files);
        Assert.True(system.IsReadOnly);
    });

    [Fact]
    public void A_pipe_without_a_writer_can_be_interrupted() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        MountNamespace.Tool("mkfifo", scratch + "/fifo");
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        Assert.Throws<OperationCanceledException>(() => system.Upgrade(InstalledSystem.Of(scratch + "/fifo"), null, end.Token));
    });

    private static string Compress(string file)
    {
        using (var output = File.Create(file + ".zst"))
        using (var compression = new ZstdSharp.CompressionStream(output))
        {
            compression.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, 1); // as zstd(1) does
            using var content = File.OpenRead(file);
            content.CopyTo(compression);
        }

        return file + ".zst";
    }
}
