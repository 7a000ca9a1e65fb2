namespace KairosBoot.Plan.Tests;

public sealed class BootRequestTests
{
    private static BootRequest Parse(string text) => BootRequestParser.Parse(KernelCommandLine.Parse(text));

    // Command lines of our GRUB menu, of Kairos' menu, and typed by a person.
    [Theory]
    [InlineData("", Slot.Active, "/cOS/active.img", "COS_STATE", "active_mode")]
    [InlineData("root=LABEL=COS_ACTIVE cos-img/filename=/cOS/active.img", Slot.Active, "/cOS/active.img", "COS_STATE", "active_mode")]
    [InlineData("root=LABEL=COS_PASSIVE cos-img/filename=/cOS/passive.img", Slot.Passive, "/cOS/passive.img", "COS_STATE", "passive_mode")]
    [InlineData("root=LABEL=COS_PASSIVE", Slot.Passive, "/cOS/passive.img", "COS_STATE", "passive_mode")]
    [InlineData("root=LABEL=COS_SYSTEM cos-img/filename=/cOS/recovery.img", Slot.Recovery, "/cOS/recovery.img", "COS_RECOVERY",
        "recovery_mode")]
    [InlineData("root=live:LABEL=COS_RECOVERY rd.live.dir=/ rd.live.squashimg=/cOS/recovery.squashfs", Slot.Recovery,
        "/cOS/recovery.squashfs",
        "COS_RECOVERY", "recovery_mode")]
    [InlineData("root=live:LABEL=COS_RECOVERY rd.live.squashimg=/cOS/recovery.squashfs kairos.reset", Slot.Recovery,
        "/cOS/recovery.squashfs",
        "COS_RECOVERY", "autoreset_mode")]
    [InlineData("kairosboot.slot=passive", Slot.Passive, "/cOS/passive.img", "COS_STATE", "passive_mode")]
    [InlineData("root=LABEL=COS_ACTIVE cos-img/filename=cOS/special.img", Slot.Active, "/cOS/special.img", "COS_STATE", "active_mode")]
    public void The_command_line_names_slot_image_and_partition(string text, Slot slot, string image, string label, string sentinel)
    {
        var request = Parse(text);
        Assert.Equal((slot, image, DeviceRef.Label(label), sentinel),
            (request.Slot, request.ImagePath, request.ImagePartition, request.SentinelName));
        Assert.Empty(request.Warnings);
    }

    [Fact]
    public void The_loaders_report_about_the_counters_is_parsed()
    {
        var parsed = BootRequestParser.Parse(KernelCommandLine.Parse("kairosboot.slot=passive kairosboot.why=oneshot kairosboot.env=ro"));
        Assert.Equal((Slot.Passive, ChoiceReason.OneShot, CounterAccess.ReadOnly, null),
            (parsed.Slot, parsed.Why, parsed.LoaderCounters, parsed.TriesLeft));
        Assert.True(parsed.LoaderReadsCounters);
        // A loader that found no counters did not count; one that found invalid values did.
        Assert.False(Parse("kairosboot.slot=active kairosboot.env=bad").LoaderReadsCounters);
        Assert.True(Parse("kairosboot.slot=active kairosboot.env=bad kairosboot.tries=2").ForSlot(Slot.Passive).LoaderReadsCounters);
        Assert.False(Parse("kairosboot.tries=2").LoaderReadsCounters);
        Assert.Equal(Slot.Active, Parse("kairosboot.kexec=active").KexecFrom);
        Assert.Contains("kairosboot.kexec=here", Assert.Single(Parse("kairosboot.kexec=here").Warnings));
        var odd = BootRequestParser.Parse(KernelCommandLine.Parse("kairosboot.env=maybe"));
        Assert.Null(odd.LoaderCounters);
        Assert.Contains("kairosboot.env=maybe", Assert.Single(odd.Warnings));
    }

    [Theory]
    [InlineData("kairosboot.modules=a,b-c kairosboot.modules=d", "a b_c d", "", 0)]
    [InlineData("modprobe.blacklist=a modprobe.blacklist=b-c,d", "", "a b_c d", 0)]
    [InlineData("kairosboot.modules= modprobe.blacklist=,", "", "", 0)]
    [InlineData("kairosboot.modules modprobe.blacklist", "", "", 0)]
    [InlineData("kairosboot.modules=a,../../x,b modprobe.blacklist=c,d/e", "a b", "c", 2)]
    [InlineData("kairosboot.modules=a.ko,\"b c\",\u001b[31m,.. module_blacklist=x", "", "", 4)]
    public void The_command_line_adds_modules_and_keeps_modules_out(string text, string modules, string excluded, int warnings)
    {
        var request = Parse(text);
        Assert.Equal((modules, excluded, warnings),
            (string.Join(' ', request.Modules), string.Join(' ', request.ExcludedModules), request.Warnings.Length));
        Assert.All(request.Warnings, warning => Assert.Contains("is not the name of a module", warning));
    }

    [Fact]
    public void If_file_and_label_disagree_the_file_decides_with_a_warning()
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
        // A record with an array is not equal by value, so the arrays are compared separately.
        BootRequest a = Parse(current), b = Parse(former);
        Assert.Equal(a.Volumes.AsEnumerable(), b.Volumes.AsEnumerable());
        Assert.Equal(a with { Volumes = [], Warnings = [] }, b with { Volumes = [], Warnings = [] });
        BootRequest byDefault = Parse("");
        Assert.False(a.Volumes.IsEmpty && a with { Volumes = [], Warnings = [] } == byDefault with { Volumes = [], Warnings = [] },
            "nothing was asked for");
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
    public void An_option_with_an_invalid_value_is_a_warning_and_changes_nothing(string text, string name, string value)
    {
        var request = Parse(text);
        var warning = Assert.Single(request.Warnings);
        Assert.Contains(name, warning);
        Assert.Contains(value, warning);
        Assert.Equal(Parse("") with { Warnings = [], Volumes = [] }, request with { Warnings = [], Volumes = [] });
    }

    [Theory]
    [InlineData("root=live:CDLABEL=COS_LIVE rd.live.dir=/ rd.live.squashimg=rootfs.squashfs", "root=live:CDLABEL=COS_LIVE")]
    [InlineData("root=live:LABEL=COS_LIVE", "root=live:LABEL=COS_LIVE")]
    [InlineData("root=live:http://10.0.0.1/rootfs.squashfs netboot", "root=live:http")]
    [InlineData("root=live:/dev/sr0", "root=live:/dev/sr0")]
    [InlineData("root=live:LABEL=COS_ACTIVE", "root=live:LABEL=COS_ACTIVE")]
    [InlineData("rd.immucore.uki", "rd.immucore.uki")]
    [InlineData("rd.cos.uki", "rd.immucore.uki")]
    public void Live_media_and_unified_images_are_refused(string text, string word)
    {
        var refused = Parse(text).Unsupported;
        Assert.StartsWith(word, refused?.Problem);
        Assert.Contains("does not support", refused!.Problem);
        Assert.Contains("initrd", refused.Fix);
    }

    [Theory]
    [InlineData("root=live:LABEL=COS_RECOVERY rd.live.dir=/ rd.live.squashimg=/cOS/recovery.squashfs")]
    [InlineData("root=LABEL=COS_ACTIVE")]
    [InlineData("root=/dev/sda1")]
    public void Installed_systems_are_not_refused(string text) => Assert.Null(Parse(text).Unsupported);

    [Fact]
    public void User_data_from_removable_media_needs_the_option()
    {
        Assert.False(Parse("").UserDataFromMedia);
        Assert.True(Parse("kairosboot.userdata=usb").UserDataFromMedia);
    }

    [Fact]
    public void Words_of_other_programs_are_ignored() =>
        Assert.Empty(Parse("quiet splash rd.immucore.whatever=1 kairosboot.unheard-of nomodeset root2=x").Warnings);

    [Fact]
    public void A_documented_option_that_is_not_implemented_is_a_warning() =>
        Assert.Contains("not supported", Assert.Single(Parse("rd.cos.disable").Warnings));

    [Theory]
    [InlineData("kairosboot.watchdog=30", 30)]
    [InlineData("", null)]
    public void A_watchdog_is_requested_with_its_timeout(string text, int? seconds) => Assert.Equal(seconds, Parse(text).WatchdogSeconds);

    [Theory]
    [InlineData("panic=5", 5)]
    [InlineData("panic=-1", 0)]
    [InlineData("panic=0", 10)]
    [InlineData("", 10)]
    public void A_failed_boot_always_reboots(string text, int seconds) => Assert.Equal(seconds, Parse(text).PanicSeconds);

    [Fact]
    public void An_empty_oem_label_means_no_oem_partition()
    {
        Assert.Null(Parse("rd.immucore.oemlabel=").Oem);
        Assert.Equal(DeviceRef.Label("COS_OEM"), Parse("").Oem);
    }
}
