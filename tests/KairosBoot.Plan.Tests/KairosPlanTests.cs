namespace KairosBoot.Plan.Tests;

/// <summary>What a Kairos system expects in the boot, as golden text.</summary>
public sealed class KairosPlanTests
{
    private static readonly BootDisk Disk = new("vda", new BlockDevice("vda2", "vda", 2, 1), null);

    private static BootRequest Request(string text) => BootRequestParser.Parse(KernelCommandLine.Parse(text));

    [Theory]
    [InlineData("root=live:LABEL=COS_RECOVERY rd.live.squashimg=/cOS/recovery.squashfs", true)]
    [InlineData("kairosboot.slot=recovery kairos.reset", true)]
    [InlineData("", false)]
    [InlineData("root=LABEL=COS_PASSIVE", false)]
    public void Recovery_shows_its_image_and_its_partition_as_dracut_does(string commandLine, bool expected)
    {
        var text = string.Join('\n', RootPlan.For(Request(commandLine), Disk, []));
        const string Condition = "if [ -e /run/initramfs/cos-state/cOS/recovery.squashfs ]; then mkdir -p ";
        Assert.Equal(expected,
            text.Contains(Condition + "/run/rootfsbase && mount --bind /sysroot /run/rootfsbase; fi\n") &&
            text.Contains(Condition + "/run/initramfs/live && mount --bind /run/initramfs/cos-state /run/initramfs/live; fi\n"));
        Assert.Equal(expected, text.Contains("rootfsbase"));
    }

    [Theory]
    [InlineData(Slot.Active, "active")]
    [InlineData(Slot.Passive, "passive")]
    [InlineData(Slot.Recovery, "recovery")]
    public void Init_finds_the_logs_and_the_extensions_of_its_slot(Slot slot, string name)
    {
        Assert.Equal(
            "mkdir -p /run && ln -sfn /run/kairosboot /run/immucore\n" +
            Links($"/var/lib/kairos/extensions/{name}", "/run/extensions") + "\n" +
            Links($"/var/lib/kairos/confexts/{name}", "/run/confexts"),
            string.Join('\n', KairosPlan.ForInit(slot)));
        // An extension must never keep a machine from booting.
        Assert.All(KairosPlan.ForInit(slot), step => Assert.Equal(StepClass.Optional, step.Class));

        static string Links(string from, string to) => $"for image in {from}/*.raw; do if [ -e \"$image\" ]; then mkdir -p {to} && " +
            $"ln -sfn \"$(readlink -f \"$image\")\" {to}/; fi; done # an image that does not fit is left out";
    }

    [Theory]
    [InlineData("COS_STATE", null)]
    [InlineData("COS_STATE_LUKS", "state")]
    public void An_encrypted_partition_of_the_images_is_reported_without_waiting(string label, string? partition)
    {
        var luks = new BlockDevice("vda2", "vda", 2, 1 << 20) { PartLabel = partition, Superblock = new(Superblock.Luks, label, null, 0) };
        var decision = BootDiskSearch.Decide(Request(""), [new BlockDevice("vda", "vda", 0, 1 << 30), luks], new DiskComparison(),
            oemTimedOut: false);
        Assert.Equal(DeviceFaultKind.Encrypted, decision.Fault?.Kind);
        Assert.Empty(decision.Missing);
    }
}
