namespace KairosBoot.Plan;

/// <summary>
/// Every option that <see cref="BootRequestParser"/> reads, one row each: its name, the form of its value, what it changes. The meanings
/// are in docs/kernel-options.md, whose table is generated from this one: PID 1 needs no explanations.
/// </summary>
public static class KernelOptions
{
    /// <summary>Every option with the first prefix is also accepted with the second one.</summary>
    internal const string Prefix = "rd.immucore.", FormerPrefix = "rd.cos.";

    public static readonly KernelOption[] All =
    [
        // Which image to boot. BootRequestParser.ChooseImage evaluates these together; here they are only stored.
        new("cos-img/filename", "a path inside the partition", KernelOptionKind.ImageFile),
        new("root", "LABEL=COS_ACTIVE, COS_PASSIVE, COS_SYSTEM or COS_RECOVERY, or live:LABEL=...", KernelOptionKind.Root),
        new("rd.live.squashimg", "a path inside the partition", KernelOptionKind.LiveImage),
        new("kairosboot.slot", "active, passive or recovery", KernelOptionKind.LoaderSlot),
        new("kairos.reset", "none", KernelOptionKind.AutoReset),

        // What the loader reports about the counters and the disk.
        new("kairosboot.tries", 0, 9, KernelOptionKind.TriesLeft),
        new("kairosboot.why", "order or oneshot", KernelOptionKind.Why),
        new("kairosboot.env", "ok, ro or bad", KernelOptionKind.LoaderCounters),
        new("kairosboot.kexec", "active, passive or recovery", KernelOptionKind.KexecFrom),
        new("kairosboot.disk", "a PARTUUID", KernelOptionKind.LoadedFrom),
        new("kairosboot.id", "32 hexadecimal digits", KernelOptionKind.BootId),

        // What to mount, and how long to wait for it.
        new("rd.immucore.overlay", "tmpfs:SIZE or a device", KernelOptionKind.Overlay),
        new("rd.immucore.mount", "DEVICE:/path, for example LABEL=DATA:/srv/data", KernelOptionKind.Volume),
        new("rd.immucore.oemlabel", "a label, or nothing", KernelOptionKind.Oem),
        new("rd.immucore.oemtimeout", 0, 3600, KernelOptionKind.OemTimeout),
        new("kairosboot.timeout", 1, 86400, KernelOptionKind.DeviceTimeout),
        new("kairosboot.modules", ModuleForm, KernelOptionKind.Modules),
        new("modprobe.blacklist", ModuleForm, KernelOptionKind.ExcludedModules),
        new("kairosboot.volume-retries", 0, 50, KernelOptionKind.VolumeRetries),
        new("kairosboot.persistent", "ro or recovery, and stop or tmpfs, with a comma between", KernelOptionKind.Persistent),
        new("fsck.mode", "auto, force or skip", KernelOptionKind.CheckMode),
        new("fsck.repair", "preen, yes or no", KernelOptionKind.CheckRepair),

        new("kairosboot.userdata", "usb", KernelOptionKind.UserData),

        // How the boot runs, and what happens after a failure.
        new("init", "an absolute path", KernelOptionKind.Init),
        new("panic", "a number of seconds", KernelOptionKind.Panic),
        new("kairosboot.watchdog", 5, 3600, KernelOptionKind.Watchdog),
        new("rd.immucore.debug", SwitchForm, KernelOptionKind.Debug),
        new("rd.immucore.debugrw", SwitchForm, KernelOptionKind.RootWritable),
        new("kairosboot.keys", "on or off", KernelOptionKind.Keys),
        new("kairosboot.shell", "never, auth or always", KernelOptionKind.Shell),
        new("kairosboot.break", "a step, or several with commas between", KernelOptionKind.Break),
        new("rd.immucore.disable", "none", KernelOptionKind.Unsupported),
        new("rd.immucore.uki", "none", KernelOptionKind.UnifiedImage),
    ];

    private const string SwitchForm = "nothing, 1 or 0", ModuleForm = "names of modules, with commas between";

    /// <summary>The option of that name, in either spelling; null: the word belongs to another program.</summary>
    public static KernelOption? Find(string name)
    {
        if (name.StartsWith(FormerPrefix, StringComparison.Ordinal)) name = string.Concat(Prefix, name.AsSpan(FormerPrefix.Length));
        foreach (var option in All)
            if (option.Name == name) return option;
        return null;
    }
}
