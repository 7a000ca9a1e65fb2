namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>An upgrade on a disk with the boot menu of Kairos: the images change, and no counters are created.</summary>
public sealed class KairosUpgradeTests
{
    [Theory]
    [InlineData("COS_ACTIVE", "COS_PASSIVE")]
    [InlineData("OTHER", "OTHER")]
    [InlineData("", "")]
    public void An_upgrade_creates_no_counters_and_gives_a_Kairos_image_the_label_of_its_slot(string label, string expected) =>
        MountNamespace.Run(scratch =>
        {
            var system = new InstalledSystem(scratch, device: partition =>
            {
                MountNamespace.Tool("tune2fs", "-L", label, scratch + "/active.img");
                MountNamespace.Tool("sh", "-ec", $"cd {scratch}; echo 'search --file --set=env_blk /grubenv' > menu; " +
                    "printf '%s\\n' 'rm /bootstate' " +
                    "'rm /grub/grub.cfg' 'rm /cOS/active.img' 'cd /grub' 'write menu grub.cfg' 'cd /cOS' 'write active.img active.img' " +
                    $"> requests; debugfs -w -f requests {partition}");
                return partition;
            });
            var result = system.Upgrade(system.Image("new"));
            Assert.Equal("active is new, passive is what was active", result.Outcome);
            Assert.Contains("Kairos' own", result.Menu);
            Assert.Equal(("new", "active"), system.Slots);
            Assert.False(File.Exists(system.State + "/bootstate"));
            Assert.True(system.IsReadOnly);
            Assert.Equal(expected, MountNamespace.Tool("dumpe2fs", "-h", system.State + "/cOS/passive.img").Split('\n')
                .Single(line => line.StartsWith("Filesystem volume name:", StringComparison.Ordinal))[23..].Trim().Replace("<none>", ""));
            MountNamespace.Tool("e2fsck", "-fn", system.State + "/cOS/passive.img");
        });
}
