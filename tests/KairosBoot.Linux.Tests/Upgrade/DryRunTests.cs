using KairosBoot.Execution;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>A dry run says what the upgrade after it does, or why it is refused, and writes nothing.</summary>
public sealed class DryRunTests
{
    private static UpgradePreview DryRun(InstalledSystem system, UpgradeRequest request)
    {
        var before = system.Files;
        UpgradePreview preview;
        using (var machine = TargetSystem.Open(system.Host, null))
            preview = UpgradeDryRun.Run(request, machine, CancellationToken.None);
        Assert.Equal(before, system.Files);
        Assert.True(system.IsReadOnly);
        Assert.Empty(Directory.GetFileSystemEntries(system.Host + "/usr/local"));
        return preview;
    }

    private static string Problems(UpgradePreview preview) =>
        string.Join('\n', preview.Problems.Select(problem => problem.Problem + "\nto fix: " + problem.Fix));

    private static string Id(InstalledSystem system, Slot slot) => BootCounter.IdOf(ImageIdentity.Of(system.State + slot.Image()));

    [Theory]
    [InlineData(Slot.Active)]
    [InlineData(Slot.Passive)]
    public void It_predicts_the_upgrade_after_it(Slot running) => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch, running);
        MountedPartition.Change(system.State, () => File.WriteAllText(system.State + "/grub/grub.cfg", "set recovery=\"$disk,gpt4\"\n"));
        var request = InstalledSystem.Of(system.Image("new"));
        var preview = DryRun(system, request);
        Assert.Equal("", Problems(preview));
        var result = system.Upgrade(request);
        Assert.Equal((result.Slot, result.ImageId, result.SizeBytes, result.Outcome, result.Menu),
            (preview.Slot, preview.ImageId, preview.SizeBytes, preview.Outcome, preview.Menu));
        Assert.True(preview.UpdatesMenu);
        Assert.Equal(Id(system, Slot.Passive), preview.Passive);
    });

    [Fact]
    public void The_running_image_needs_no_upgrade() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var preview = DryRun(system, InstalledSystem.Of(scratch + "/active.img"));
        Assert.Equal((true, "already runs this image"), (preview.IsExisting, preview.Outcome));
    });

    [Fact]
    public void All_reasons_of_a_refusal_are_reported() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch, Slot.Passive);
        Fill(system, 1 << 20);
        BootStateFile.Update(system.State + SystemPaths.BootState, block => block.Counters with { Pinned = Id(system, Slot.Active) });
        var image = system.Image("new");
        using (var file = File.OpenWrite(image))
        {
            file.Position = file.Length * 3 / 4;
            file.Write("damage"u8);
        }

        var problems = Problems(DryRun(system, InstalledSystem.Of(image)));
        Assert.Contains("new.img does not match its seal", problems);
        Assert.Contains("no space for the new image on the partition of", problems);
        Assert.Contains("active is pinned and passive is running", problems);
        Assert.Contains("to fix: kboot unpin", problems);
    });

    private static void Fill(InstalledSystem system, long room) => MountedPartition.Change(system.State, () =>
    {
        File.Delete(system.State + "/filler");
        using var place = Syscall.Open(system.State, OpenFlags.ReadOnly | OpenFlags.Directory);
        using var filler = Syscall.Open(system.State + "/filler", OpenFlags.WriteOnly | OpenFlags.Create, Octal.O600);
        Syscall.Allocate(filler, Math.Max(4096, Syscall.FreeSpace(place).Bytes - room - (64 << 10)) / 4096 * 4096);
    });

    [Fact]
    public void It_refuses_an_image_without_space_as_the_upgrade_does() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var request = InstalledSystem.Of(system.Image("new"));
        var size = new FileInfo(request.Image!).Length;
        foreach (var room in (long[])[0, size / 2, size - (128 << 10), size + (128 << 10)])
        {
            Fill(system, room);
            var problems = Problems(DryRun(system, request));
            if (room < size)
            {
                Assert.Contains("no space for the new image", problems);
                Assert.Contains("no space for the new image", Assert.Throws<OperatorException>(() => system.Upgrade(request)).Problem);
            }
            else
            {
                Assert.Equal("", problems);
                system.Upgrade(request);
            }
        }
    });

    [Theory]
    [InlineData("rm /boot/vmlinuz", "the tree has no /boot/vmlinuz")]
    [InlineData("rmdir /oem", "has no directory /oem")]
    [InlineData("rm /sbin/init\nsymlink /sbin/init /lib/systemd/systemd\nmkdir /lib/systemd\nln /usr/lib/init /lib/systemd/systemd",
        "would be marked good: nothing in it runs kboot assess good")]
    public void An_image_that_the_upgrade_refuses_is_refused(string damage, string reason) => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var request = InstalledSystem.Of(system.Image("new", damage.Split('\n')));
        Assert.Contains(reason, Problems(DryRun(system, request)));
        var refused = Assert.Throws<OperatorException>(() => system.Upgrade(request));
        Assert.Contains(refused.Problem, Problems(DryRun(system, request)));
    });

    [Fact]
    public void Of_a_tree_and_a_compressed_image_it_says_what_it_cannot_check() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var tree = InstalledSystem.Tree(scratch + "/tree", "tree");
        var preview = DryRun(system, InstalledSystem.Of(root: tree));
        Assert.Equal(("", null, ""), (Problems(preview), preview.SizeBytes, preview.ImageId));
        Assert.Contains("not checked, because the image must be built for it: its size, and the space for it", preview.Notes);
        File.Delete(tree + "/sbin/init");
        Assert.Contains("/sbin/init", Problems(DryRun(system, InstalledSystem.Of(root: tree))));
        var size = new FileInfo(system.Image("new")).Length;
        MountNamespace.Tool("zstd", "-q", scratch + "/new.img", "-o", scratch + "/new.zst");
        preview = DryRun(system, InstalledSystem.Of(scratch + "/new.zst"));
        Assert.Equal(("", size), (Problems(preview), preview.SizeBytes));
        Assert.Contains("not checked, because this image can be mounted only after it is written: what is in it", preview.Notes);
        MountNamespace.Tool("truncate", "-s", "-100", scratch + "/new.zst");
        Assert.Contains("the compressed data is damaged or cut", Problems(DryRun(system, InstalledSystem.Of(scratch + "/new.zst"))));
        Assert.Contains("does not exist", Problems(DryRun(system, InstalledSystem.Of(scratch + "/none"))));
    });

    [Fact]
    public void What_is_removed_first_counts_as_room() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch, mebibytes: 36);
        var staged = system.Stage(system.Image("new"));
        var preview = DryRun(system, InstalledSystem.Of(system.Image("newer")));
        Assert.Equal("", Problems(preview));
        Assert.Contains("the image that is staged would be removed", preview.Notes);
        Assert.Equal(staged, staged with { ImageId = StagedUpgrade.Find(system.State)!.ImageId });
        system.Upgrade(system.Image("newer"));
    });
}
