using KairosBoot.Execution;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>Upgrades in two commands: one writes the image, a later one switches to it.</summary>
public sealed class StagedUpgradeTests
{
    [Fact]
    public void A_staged_image_changes_nothing_until_the_switch() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var counters = system.Counters;
        var staged = system.Stage(system.Image("new"));
        Assert.Equal(("active", "the new image is staged", true, false),
            (staged.Slot, staged.Outcome, staged.IsStaged, staged.NeedsReboot));
        Assert.Equal(["active.img", "passive.img", "staged.img"], system.ImageFiles);
        Assert.Equal(File.ReadAllBytes(scratch + "/new.img"), File.ReadAllBytes(system.State + "/cOS/staged.img"));
        Assert.Equal(counters, system.Counters);
        Assert.True(system.IsReadOnly);
        Assert.Equal(new StagedUpgrade(staged.ImageId, staged.SizeBytes), StagedUpgrade.Find(system.State));
        // Boots in between change nothing.
        system.Boot(Slot.Passive);
        system.Boot(Slot.Active);
        Assert.Equal(("active", "passive"), system.Slots);
        var result = system.UpgradeToStaged();
        Assert.Equal(("active is new, passive is what was active", staged.ImageId, true),
            (result.Outcome, result.ImageId, result.NeedsReboot));
        Assert.Equal(("new", "active"), system.Slots);
        Assert.Equal(["active.img", "passive.img"], system.ImageFiles);
        Assert.Equal((new BootCounter(3, false, result.ImageId), Slot.Active), (system.Counters.Active, system.Counters.Next));
        Assert.Null(StagedUpgrade.Find(system.State));
        Assert.True(system.IsReadOnly);
        Assert.DoesNotContain("unwritten", MountNamespace.Tool("filefrag", "-v", system.State + "/cOS/active.img"));
    });

    [Fact]
    public void An_image_that_is_staged_already_is_not_written_again() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var image = system.Image("new");
        system.Stage(image);
        var (before, inode) = (system.Files, Syscall.TryStat(system.State + "/cOS/staged.img")!.Value.Inode);
        Assert.True(system.Stage(image).IsStaged);
        Assert.Equal((before, inode), (system.Files, Syscall.TryStat(system.State + "/cOS/staged.img")!.Value.Inode));
        // Another one replaces it.
        Assert.Contains("the image that was staged before is removed", system.Stage(system.Image("newer")).Notes);
        system.UpgradeToStaged();
        Assert.Equal(("newer", "active"), system.Slots);
    });

    [Fact]
    public void An_interrupted_download_leaves_nothing_and_starts_again() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var (image, before) = (system.Image("new"), system.Files);
        using var cancellationToken = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => system.Stage(InstalledSystem.Of(image), (what, _, _) =>
        {
            if (what == "checking") cancellationToken.Cancel();
        }, cancellationToken.Token));
        Assert.Equal(before, system.Files);
        // As a power cut leaves it.
        MountedPartition.Change(system.State, () => File.WriteAllText(system.State + "/cOS/transition.img", "half"));
        Assert.Null(StagedUpgrade.Find(system.State));
        Assert.Contains("is staged", Assert.Throws<OperatorException>(() => system.UpgradeToStaged()).Problem);
        Assert.Contains("an earlier upgrade was interrupted; what it left is removed", system.Stage(image).Notes);
        Assert.Equal(["active.img", "passive.img", "staged.img"], system.ImageFiles);
    });

    [Fact]
    public void Without_a_staged_image_the_switch_is_refused() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var before = system.Files;
        var refused = Assert.Throws<OperatorException>(() => system.UpgradeToStaged());
        Assert.Equal($"no image is staged: {system.State}/cOS/staged.img does not exist", refused.Problem);
        Assert.Equal("stage one: kboot upgrade --download-only FILE", refused.Fix);
        Assert.Equal(before, system.Files);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_staged_image_that_was_damaged_is_refused(bool isSealed) => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var image = system.Image("new");
        if (!isSealed)
        {
            using var file = File.OpenWrite(image);
            file.SetLength(file.Length - ImageSeal.Length);
        }

        system.Stage(image);
        Assert.Equal(isSealed ? ["active.img", "passive.img", "staged.img"]
            : ["active.img", "passive.img", "staged.img", "staged.img.sha256"], system.ImageFiles);
        if (!isSealed) MountNamespace.Tool("sh", "-c", $"cd {system.State}/cOS && sha256sum -c staged.img.sha256");
        Damage(system);
        var before = system.Files;
        var refused = Assert.Throws<OperatorException>(() => system.UpgradeToStaged());
        Assert.Contains("staged.img is damaged: it does not match its " + (isSealed ? "seal" : "digest"), refused.Problem);
        Assert.Contains("kboot upgrade --download-only", refused.Fix);
        Assert.Equal(before, system.Files);
        system.Stage(image);
        system.UpgradeToStaged();
        Assert.Equal(("new", "active"), system.Slots);
        Assert.Equal(["active.img", "passive.img"], system.ImageFiles);
    });

    private static void Damage(InstalledSystem system) => MountedPartition.Change(system.State, () =>
    {
        using var file = File.OpenWrite(system.State + "/cOS/staged.img");
        file.Position = file.Length * 3 / 4;
        file.Write("damage"u8);
    });

    [Fact]
    public void A_pin_and_a_boot_since_then_are_respected() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        void Pin(string image) =>
            BootStateFile.Update(system.State + SystemPaths.BootState, block => block.Counters with { Pinned = image });
        system.Stage(system.Image("new"));
        system.Boot(Slot.Passive);
        Pin(BootCounter.IdOf(ImageIdentity.Of(system.State + Slot.Active.Image())));
        var before = system.Files;
        Assert.Contains("active is pinned and passive is running",
            Assert.Throws<OperatorException>(() => system.UpgradeToStaged()).Problem);
        Assert.Equal(before, system.Files);
        Pin("");
        system.UpgradeToStaged();
        Assert.Equal(("new", "passive"), system.Slots);
    });

    [Fact]
    public void An_upgrade_to_another_image_removes_the_staged_one() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        system.Stage(system.Image("new"));
        Assert.Contains("the image that was staged before is removed", system.Upgrade(system.Image("newer")).Notes);
        Assert.Equal(("newer", "active"), system.Slots);
        Assert.Equal(["active.img", "passive.img"], system.ImageFiles);
    });

    [Fact]
    public void A_switch_that_was_interrupted_after_its_exchange_is_completed_and_counts_no_boot_again() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var staged = system.Stage(system.Image("new"));
        system.UpgradeToStaged();
        // As a power cut leaves it: the image is in its slot and staged, and another slot is the first one.
        MountedPartition.Change(system.State, () => Syscall.Link(system.State + "/cOS/active.img", system.State + "/cOS/staged.img"));
        var tried = new BootCounter(2, true, staged.ImageId);
        BootStateFile.Update(system.State + SystemPaths.BootState, block => block.Counters with { First = Slot.Passive, Active = tried });
        system.Boot(Slot.Active);
        Assert.Null(StagedUpgrade.Find(system.State));
        var result = system.UpgradeToStaged();
        Assert.Equal((staged.ImageId, false), (result.ImageId, result.NeedsReboot));
        Assert.Equal(("new", "active"), system.Slots);
        Assert.Equal((tried, Slot.Active), (system.Counters.Active, system.Counters.First));
        Assert.Equal(["active.img", "passive.img"], system.ImageFiles);
        Assert.True(system.IsReadOnly);
    });

    [Fact]
    public void A_staged_image_keeps_its_mark_that_nothing_assesses_it() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var staged = system.Stage(InstalledSystem.Of(system.Image("new")) with { WithoutAssessment = true });
        var mark = $"{system.State}{SystemPaths.UnassessedImages}/{staged.ImageId}";
        Assert.True(File.Exists(mark));
        system.UpgradeToStaged();
        Assert.True(File.Exists(mark));
        system.Boot(Slot.Active);
        system.Stage(system.Image("newer"));
        Assert.True(File.Exists(mark));
    });
}
