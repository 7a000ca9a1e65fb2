namespace KairosBoot.Plan.Tests;

/// <summary>The kernel command line of another slot.</summary>
public sealed class SlotCommandLineTests
{
    [Theory]
    [InlineData("BOOT_IMAGE=x cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.slot=active kairosboot.why=order " +
        "kairosboot.env=ok kairosboot.tries=2 panic=10 quiet", Slot.Passive,
        "cos-img/filename=/cOS/passive.img root=LABEL=COS_PASSIVE kairosboot.slot=passive BOOT_IMAGE=x kairosboot.env=ok panic=10 quiet")]
    [InlineData("", Slot.Recovery, "cos-img/filename=/cOS/recovery.squashfs root=LABEL=COS_RECOVERY kairosboot.slot=recovery")]
    [InlineData("a=\"root=x y\" -- root=z", Slot.Active,
        "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.slot=active a=\"root=x y\" -- root=z")]
    public void The_words_about_the_slot_are_replaced_and_the_others_stay(string running, Slot slot, string expected)
    {
        Assert.Equal(expected, SlotCommandLine.For(running, slot));
        Assert.Equal(slot, BootRequestParser.Parse(KernelCommandLine.Parse(expected)).Slot);
    }
}
