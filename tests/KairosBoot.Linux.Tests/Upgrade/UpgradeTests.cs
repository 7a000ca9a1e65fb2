using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>Upgrades of a machine whose COS_STATE and running image are real, mounted read-only.</summary>
public sealed class UpgradeTests
{
    [Fact]
    public void A_new_image_becomes_active_and_the_running_one_passive() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var result = system.Upgrade(system.Image("new"));
        Assert.Equal(("new", "active"), system.Slots);
        Assert.Equal(("active", "active is new, passive is what was active"), (result.Slot, result.Outcome));
        var counters = system.Counters;
        Assert.Equal((new BootCounter(3, false, result.ImageId), 2, true), (counters.Active, counters.Passive.Left, counters.Passive.Good));
        Assert.Equal((Slot.Active, null), (counters.Next, counters.Once));
        Assert.True(system.IsReadOnly);
        Assert.Equal(["active.img", "passive.img"], Directory.GetFiles(system.State + "/cOS").Select(Path.GetFileName).Order());
        Assert.Equal(File.ReadAllBytes(scratch + "/new.img"), File.ReadAllBytes(system.State + "/cOS/active.img"));
        // GRUB reads allocated blocks that were never written as if they had content.
        Assert.DoesNotContain("unwritten", MountNamespace.Tool("filefrag", "-v", system.State + "/cOS/active.img"));
    });

    [Fact]
    public void Upgrades_before_a_reboot_and_from_passive_keep_the_running_image() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        system.Upgrade(system.Image("new"));
        Assert.Equal("active is new, passive is as before", system.Upgrade(system.Image("newer")).Outcome);
        Assert.Equal(("newer", "active"), system.Slots);
        Assert.Equal((2, 3), (system.Counters.Passive.Left, system.Counters.Active.Left));
        Assert.True(system.IsReadOnly);
    });

    [Fact]
    public void From_passive_only_active_changes() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch, Slot.Passive);
        system.Upgrade(system.Image("new"));
        Assert.Equal(("new", "passive"), system.Slots);
        Assert.True(system.IsReadOnly);
    });

    [Fact]
    public void Leftovers_of_an_interrupted_upgrade_are_removed() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch, mebibytes: 48);
        MountedPartition.Change(system.State, () =>
        {
            foreach (var name in (string[])["transition.img", "passive.new"])
            {
                File.Copy(scratch + "/active.img",
                $"{system.State}/cOS/{name}");
            }
        });
        system.Upgrade(system.Image("new"));
        Assert.Equal(("new", "active"), system.Slots);
        Assert.Equal(["active.img", "passive.img"], Directory.GetFiles(system.State + "/cOS").Select(Path.GetFileName).Order());
    });

    [Fact]
    public void A_pinned_image_is_kept_in_every_running_slot() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        void Pin(Slot slot) => BootStateFile.Update(system.State + SystemPaths.BootState,
            block => block.Counters with { Pinned = BootCounter.IdOf(ImageIdentity.Of(system.State + slot.Image())) });
        Pin(Slot.Passive);
        system.Upgrade(system.Image("new"));
        Assert.Equal(("new", "passive"), system.Slots);
        // The running image is in no slot, but keeps a name: otherwise the partition could not become read-only.
        system.Upgrade(system.Image("newer"));
        Assert.Equal(("newer", "passive"), system.Slots);
        Assert.True(system.IsReadOnly);
        Assert.Equal(["active.img", "passive.img", "replaced.img"],
            Directory.GetFiles(system.State + "/cOS").Select(Path.GetFileName).Order());
    });

    [Fact]
    public void With_one_image_running_and_the_other_pinned_an_upgrade_is_refused() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch, Slot.Passive);
        BootStateFile.Update(system.State + SystemPaths.BootState,
            block => block.Counters with { Pinned = BootCounter.IdOf(ImageIdentity.Of(system.State + Slot.Active.Image())) });
        var before = system.Files;
        Assert.Contains("pinned", Assert.Throws<OperatorException>(() => system.Upgrade(system.Image("new"))).Problem);
        Assert.Equal(before, system.Files);
    });

    [Fact]
    public void A_tree_becomes_the_image_without_its_mounts() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var tree = InstalledSystem.Tree(scratch + "/tree", "tree");
        Syscall.Mount("tmpfs", tree + "/mnt", "tmpfs", MountFlags.None, "");
        File.WriteAllText(tree + "/mnt/secret", "of the host");
        var result = system.Upgrade(InstalledSystem.Of(root: tree));
        Assert.Equal(("tree", "active"), system.Slots);
        Assert.Contains("/boot/initrd", result.Added);
        var image = system.State + "/cOS/active.img";
        Assert.DoesNotContain("secret", MountNamespace.Tool("debugfs", "-R", "ls /mnt", image));
        MountNamespace.Tool("e2fsck", "-fn", image);
        Assert.DoesNotContain("unwritten", MountNamespace.Tool("filefrag", "-v", image));
        Assert.Empty(Directory.GetFileSystemEntries(system.Host + "/usr/local"));
    });

    [Fact]
    public void A_container_export_and_an_OCI_layout_become_the_image() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch, mebibytes: 96);
        var tree = InstalledSystem.Tree(scratch + "/tree", "export");
        // With absolute names, as some archives have them.
        MountNamespace.Tool("tar", "-C", tree, "-cf", scratch + "/export.tar", "-P", "--transform", "s,^\\./,/,", ".");
        system.Upgrade(InstalledSystem.Of(tar: scratch + "/export.tar"));
        Assert.Equal(("export", "active"), system.Slots);
        Assert.False(File.Exists("/name"));
        File.WriteAllText(tree + "/name", "layout");
        MountNamespace.Tool("umoci", "init", "--layout", scratch + "/oci");
        MountNamespace.Tool("umoci", "new", "--image", scratch + "/oci:v2");
        MountNamespace.Tool("umoci", "insert", "--image", scratch + "/oci:v2", tree, "/");
        system.Upgrade(InstalledSystem.Of(oci: scratch + "/oci:v2"));
        Assert.Equal(("layout", "active"), system.Slots);
        Assert.Empty(Directory.GetFileSystemEntries(system.Host + "/usr/local"));
    });

    [Fact]
    public void The_boot_menu_is_upgraded_and_a_newer_one_is_kept() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var menu = system.State + "/grub/grub.cfg";
        var current = File.ReadAllText(menu);
        Assert.Contains("set recovery=\"$disk,gpt4\"", current);
        void Put(string text) => MountedPartition.Change(system.State, () => File.WriteAllText(menu, text));
        Put(string.Join('\n', current.Split('\n').Where(line => line.StartsWith("set ", StringComparison.Ordinal))));
        Assert.Equal("the boot menu is updated too", system.Upgrade(system.Image("new")).Menu);
        Assert.Equal(current, File.ReadAllText(menu));
        Assert.Equal(["grub.cfg"], Directory.GetFiles(system.State + "/grub").Select(Path.GetFileName));
        var newer = current.Replace("# kairosboot-menu ", "# kairosboot-menu 9999");
        Put(newer);
        Assert.Null(system.Upgrade(system.Image("newer")).Menu);
        Assert.Equal(newer, File.ReadAllText(menu));
        Put("menuentry mine { true; }\n");
        Assert.Equal("the boot menu was not written by kboot and is not changed", system.Upgrade(system.Image("newest")).Menu);
        Assert.Equal("menuentry mine { true; }\n", File.ReadAllText(menu));
    });
}
