namespace KairosBoot.Plan.Tests;

public sealed class KexecCommandLineTests
{
    private const string Grub =
        "BOOT_IMAGE=(image_active)/boot/vmlinuz cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.slot=active "
        + "kairosboot.why=oneshot kairosboot.env=ok kairosboot.tries=2 kairosboot.disk=aa-1 panic=10 console=tty1 console=ttyS0";

    private static string Line(string running, Slot slot, int? tries, ChoiceReason? why = ChoiceReason.Order) =>
        KexecCommandLine.For(running, BootRequestParser.Parse(KernelCommandLine.Parse(running)).ForSlot(slot, why), Slot.Active, tries);

    [Fact]
    public void Words_about_the_slot_are_replaced_and_the_others_keep_their_order() => Assert.Equal(
        "cos-img/filename=/cOS/passive.img root=LABEL=COS_PASSIVE kairosboot.slot=passive kairosboot.why=order kairosboot.tries=1 " +
            "kairosboot.kexec=active "
        + "BOOT_IMAGE=(image_active)/boot/vmlinuz kairosboot.env=ok kairosboot.disk=aa-1 panic=10 console=tty1 console=ttyS0",
        Line(Grub, Slot.Passive, 1));

    [Fact]
    public void The_next_kernel_reads_a_counted_boot_of_that_slot()
    {
        var next = BootRequestParser.Parse(KernelCommandLine.Parse(Line(Grub + " root=LABEL=COS_ACTIVE", Slot.Recovery, 0, why: null)));
        Assert.Equal((Slot.Recovery, SystemPaths.RecoveryImage, 0, null, Slot.Active),
            (next.Slot, next.ImagePath, next.TriesLeft, next.Why, next.KexecFrom));
        Assert.Equal((CounterAccess.Writable, "PARTUUID=aa-1", 10), (next.LoaderCounters, next.LoadedFrom!.ToString(), next.PanicSeconds));
        Assert.Empty(next.Warnings);
        Assert.Null(BootRequestParser.Parse(KernelCommandLine.Parse(Line("root=LABEL=COS_ACTIVE", Slot.Passive, null))).TriesLeft);
    }

    [Fact]
    public void Quotes_and_words_for_init_are_not_changed()
    {
        const string Front =
            "cos-img/filename=/cOS/passive.img root=LABEL=COS_PASSIVE kairosboot.slot=passive kairosboot.why=order " +
            "kairosboot.kexec=active ";
        Assert.Equal(Front + "a=\"two  words\" \"b c\"=d -- root=/dev/sda1 e",
            Line("a=\"two  words\" \"root=LABEL=COS_ACTIVE\" \"b c\"=d  -- root=/dev/sda1 e\n", Slot.Passive, null));
        Assert.Equal(Front + "a \"b root=LABEL=COS_ACTIVE", Line("a \"b root=LABEL=COS_ACTIVE", Slot.Passive, null));
        Assert.Equal(Front + "quiet",
            Line("rd.live.squashimg=/cOS/recovery.squashfs root=live:LABEL=COS_RECOVERY kairosboot.kexec=passive quiet", Slot.Passive,
                null));
    }
}
