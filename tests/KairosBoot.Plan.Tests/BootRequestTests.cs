namespace KairosBoot.Plan.Tests;

public sealed class BootRequestTests
{
    private static BootRequest Parse(string text) => BootRequestParser.Parse(KernelCommandLine.Parse(text));

    // What GRUB writes, what Kairos' own menu writes, and what a person types.
    [Theory]
    [InlineData("", Slot.Active, "/cOS/active.img", "COS_STATE", "active_mode")]
    [InlineData("root=LABEL=COS_ACTIVE cos-img/filename=/cOS/active.img", Slot.Active, "/cOS/active.img", "COS_STATE", "active_mode")]
    [InlineData("root=LABEL=COS_PASSIVE cos-img/filename=/cOS/passive.img", Slot.Passive, "/cOS/passive.img", "COS_STATE", "passive_mode")]
    [InlineData("root=LABEL=COS_PASSIVE", Slot.Passive, "/cOS/passive.img", "COS_STATE", "passive_mode")]
    [InlineData("root=LABEL=COS_SYSTEM cos-img/filename=/cOS/recovery.img", Slot.Recovery, "/cOS/recovery.img", "COS_RECOVERY", "recovery_mode")]
    [InlineData("root=live:LABEL=COS_RECOVERY rd.live.dir=/ rd.live.squashimg=/cOS/recovery.squashfs", Slot.Recovery, "/cOS/recovery.squashfs",
        "COS_RECOVERY", "recovery_mode")]
    [InlineData("root=live:LABEL=COS_RECOVERY rd.live.squashimg=/cOS/recovery.squashfs kairos.reset", Slot.Recovery, "/cOS/recovery.squashfs",
        "COS_RECOVERY", "autoreset_mode")]
    [InlineData("kairosboot.slot=passive", Slot.Passive, "/cOS/passive.img", "COS_STATE", "passive_mode")]
    [InlineData("root=LABEL=COS_ACTIVE cos-img/filename=cOS/special.img", Slot.Active, "/cOS/special.img", "COS_STATE", "active_mode")]
    public void The_command_line_names_slot_image_and_partition(string text, Slot slot, string image, string label, string sentinel)
    {
        var request = Parse(text);
        Assert.Equal((slot, image, DeviceRef.Label(label), sentinel), (request.Slot, request.ImagePath, request.ImagePartition, request.SentinelName));
        Assert.Empty(request.Warnings);
    }

    [Fact]
    public void What_the_loader_says_of_the_counters_is_taken_as_it_says_it()
    {
        var told = BootRequestParser.Parse(KernelCommandLine.Parse("kairosboot.slot=passive kairosboot.why=oneshot kairosboot.env=ro"));
        Assert.Equal((Slot.Passive, ChoiceReason.OneShot, CounterAccess.ReadOnly, null), (told.Slot, told.Why, told.LoaderCounters, told.TriesLeft));
        Assert.True(told.LoaderReadsCounters);
        // One that found no counters has taken no try; one that found impossible values has.
        Assert.False(Parse("kairosboot.slot=active kairosboot.env=bad").LoaderReadsCounters);
        Assert.True(Parse("kairosboot.slot=active kairosboot.env=bad kairosboot.tries=2").ForSlot(Slot.Passive).LoaderReadsCounters);
        Assert.False(Parse("kairosboot.tries=2").LoaderReadsCounters);
        Assert.Equal(Slot.Active, Parse("kairosboot.kexec=active").KexecFrom);
        Assert.Contains("kairosboot.kexec=here", Assert.Single(Parse("kairosboot.kexec=here").Warnings));
        var odd = BootRequestParser.Parse(KernelCommandLine.Parse("kairosboot.env=maybe"));
        Assert.Null(odd.LoaderCounters);
        Assert.Contains("kairosboot.env=maybe", Assert.Single(odd.Warnings));
    }

    [Fact]
    public void The_file_decides_where_file_and_label_disagree_and_a_warning_says_so()
    {
        var request = Parse("root=LABEL=COS_PASSIVE cos-img/filename=/cOS/active.img");
        Assert.Equal(Slot.Active, request.Slot);
        Assert.Contains("root=LABEL=COS_PASSIVE", Assert.Single(request.Warnings));
    }

    [Theory]
    [InlineData("rd.immucore.oemlabel=OEM2", "rd.cos.oemlabel=OEM2")]
    [InlineData("rd.immucore.overlay=tmpfs:30%", "rd.cos.overlay=tmpfs:30%")]
    [InlineData("rd.immucore.mount=LABEL=D:/srv/d", "rd.cos.mount=LABEL=D:/srv/d")]
    [InlineData("rd.immucore.debugrw", "rd.cos.debugrw")]
    public void Both_spellings_mean_the_same(string current, string former)
    {
        // A record that holds an array is not equal by value, so the arrays are compared apart.
        BootRequest a = Parse(current), b = Parse(former);
        Assert.Equal(a.Volumes.AsEnumerable(), b.Volumes.AsEnumerable());
        Assert.Equal(a with { Volumes = [], Warnings = [] }, b with { Volumes = [], Warnings = [] });
        BootRequest byDefault = Parse("");
        Assert.False(a.Volumes.IsEmpty && a with { Volumes = [], Warnings = [] } == byDefault with { Volumes = [], Warnings = [] }, "nothing was asked for");
    }

    [Theory]
    [InlineData("kairosboot.timeout=soon", "kairosboot.timeout", "soon")]
    [InlineData("kairosboot.timeout=0", "kairosboot.timeout", "0")]
    [InlineData("rd.immucore.oemtimeout=-1", "rd.immucore.oemtimeout", "-1")]
    [InlineData("rd.cos.overlay=disk", "rd.cos.overlay", "disk")]
    [InlineData("rd.immucore.overlay=tmpfs:200%", "rd.immucore.overlay", "tmpfs:200%")]
    [InlineData("rd.immucore.mount=LABEL=X", "rd.immucore.mount", "LABEL=X")]
    [InlineData("rd.immucore.mount=LABEL=X:/a/../b", "rd.immucore.mount", "LABEL=X:/a/../b")]
    [InlineData("init=systemd", "init", "systemd")]
    [InlineData("kairosboot.persistent=readonly", "kairosboot.persistent", "readonly")]
    [InlineData("kairosboot.persistent=recovery,tmpsf", "kairosboot.persistent", "tmpsf")]
    [InlineData("kairosboot.persistent=ro,recovery", "kairosboot.persistent", "ro,recovery")]
    [InlineData("kairosboot.persistent", "kairosboot.persistent", "")]
    [InlineData("fsck.mode=always", "fsck.mode", "always")]
    [InlineData("fsck.repair=maybe", "fsck.repair", "maybe")]
    [InlineData("panic=often", "panic", "often")]
    [InlineData("kairosboot.watchdog=1", "kairosboot.watchdog", "1")]
    [InlineData("kairosboot.userdata", "kairosboot.userdata", "")]
    [InlineData("kairosboot.userdata=sd", "kairosboot.userdata", "sd")]
    [InlineData("kairosboot.slot=third", "kairosboot.slot", "third")]
    [InlineData("root=/dev/sda1", "root", "/dev/sda1")]
    public void A_known_option_with_a_bad_value_is_a_warning_that_names_both_and_changes_nothing(string text, string name, string value)
    {
        var request = Parse(text);
        var warning = Assert.Single(request.Warnings);
        Assert.Contains(name, warning);
        Assert.Contains(value, warning);
        Assert.Equal(Parse("") with { Warnings = [], Volumes = [] }, request with { Warnings = [], Volumes = [] });
    }

    [Fact]
    public void User_data_from_media_needs_the_option()
    {
        Assert.False(Parse("").UserDataFromMedia);
        Assert.True(Parse("kairosboot.userdata=usb").UserDataFromMedia);
    }

    [Fact]
    public void Words_of_other_programs_are_not_ours_to_judge() =>
        Assert.Empty(Parse("quiet splash rd.immucore.whatever=1 kairosboot.unheard-of nomodeset root2=x").Warnings);

    [Theory]
    [InlineData("kairosboot.break=layout")]
    [InlineData("kairosboot.shell=always")]
    [InlineData("rd.cos.disable")]
    public void An_option_that_is_documented_but_not_built_is_never_passed_over_in_silence(string text) =>
        Assert.Contains("not supported", Assert.Single(Parse(text).Warnings));

    [Theory]
    [InlineData("kairosboot.watchdog=30", 30)]
    [InlineData("", null)]
    public void A_watchdog_is_asked_for_by_its_time(string text, int? seconds) => Assert.Equal(seconds, Parse(text).WatchdogSeconds);

    [Theory]
    [InlineData("panic=5", 5)]
    [InlineData("panic=-1", 0)]
    [InlineData("panic=0", 10)]
    [InlineData("", 10)]
    public void A_failed_boot_always_ends_in_a_reboot(string text, int seconds) => Assert.Equal(seconds, Parse(text).PanicSeconds);

    [Fact]
    public void An_empty_oem_label_means_there_is_none()
    {
        Assert.Null(Parse("rd.immucore.oemlabel=").Oem);
        Assert.Equal(DeviceRef.Label("COS_OEM"), Parse("").Oem);
    }
}
