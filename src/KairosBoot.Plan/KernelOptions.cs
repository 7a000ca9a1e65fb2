namespace KairosBoot.Plan;

/// <summary>
/// Every option that <see cref="BootRequestParser"/> knows, one row each: its name, the form of its value, how it is parsed. What each one means is in the
/// documents (docs/kernel-options.md), whose table is generated from this one: PID 1 needs no explanations.
/// </summary>
public static class KernelOptions
{
    /// <summary>Every option with the first prefix is also known with the second one.</summary>
    internal const string Prefix = "rd.immucore.", FormerPrefix = "rd.cos.";

    public static readonly KernelOption[] All =
    [
        // Which image. BootRequestParser.ChooseImage judges these together, so that each is only noted here.
        new("cos-img/filename", "a path inside the partition", static (parser, word) => parser.NoteFile(word.Value)),
        new("root", "LABEL=COS_ACTIVE, COS_PASSIVE, COS_SYSTEM or COS_RECOVERY, or live:LABEL=...", static (parser, word) => parser.NoteRoot(word.Value)),
        new("rd.live.squashimg", "a path inside the partition", static (parser, word) => parser.NoteLiveImage(word.Value)),
        new("kairosboot.slot", "active, passive or recovery", static (parser, word) => parser.NoteSlot(word.Value)),
        new("kairos.reset", "none", static (parser, _) => parser.Set(parser.Request with { AutoReset = true })),

        // What the loader says about the counters and the disk.
        new("kairosboot.tries", 0, 9, static (request, number) => request with { TriesLeft = number }),
        new("kairosboot.why", "order or oneshot", static (parser, word) =>
            word.Value is "order" or "oneshot" && parser.Set(parser.Request with { Why = word.Value })),
        new("kairosboot.env", "ok, ro or bad", static (parser, word) =>
            word.Value is "ok" or "ro" or "bad" && parser.Set(parser.Request with { LoaderCounters = word.Value })),
        new("kairosboot.kexec", "active, passive or recovery", static (parser, word) =>
            SlotNames.TryParse(word.Value) is { } slot && parser.Set(parser.Request with { KexecFrom = slot })),
        new("kairosboot.disk", "a PARTUUID", static (parser, word) => word.Value is { Length: > 0 } partition &&
            parser.Set(parser.Request with { LoadedFrom = new DeviceRef(DeviceRefKind.PartUuid, partition.ToLowerInvariant()) })),

        // What is mounted, and how long it may take.
        new("rd.immucore.overlay", "tmpfs:SIZE or a device", static (parser, word) =>
            OverlayBacking.TryParse(word.Value ?? "") is { } backing && parser.Set(parser.Request with { Overlay = backing })),
        new("rd.immucore.mount", "DEVICE:/path, for example LABEL=DATA:/srv/data", static (parser, word) =>
            VolumeRequest.TryParse(word.Value ?? "") is { } volume && parser.AddVolume(volume)),
        new("rd.immucore.oemlabel", "a label, or nothing", static (parser, word) =>
            parser.Set(parser.Request with { Oem = word.Value is { Length: > 0 } label ? DeviceRef.Label(label) : null })),
        new("rd.immucore.oemtimeout", 0, 3600, static (request, number) => request with { OemTimeout = TimeSpan.FromSeconds(number) }),
        new("kairosboot.timeout", 1, 86400, static (request, number) => request with { DeviceTimeout = TimeSpan.FromSeconds(number) }),
        new("kairosboot.persistent", "ro or recovery, and stop or tmpfs, with a comma between", static (parser, word) =>
            VolumePolicy.TryParse(word.Value ?? "") is { } policy && parser.Set(parser.Request with { Persistent = policy })),
        new("fsck.mode", "auto, force or skip", static (parser, word) => parser.SetCheckMode(word.Value)),
        new("fsck.repair", "preen, yes or no", static (parser, word) => parser.SetCheckRepair(word.Value)),

        new("kairosboot.userdata", "usb", static (parser, word) => word.Value == "usb" && parser.Set(parser.Request with { UserDataFromMedia = true })),

        // How the boot runs and what a failure leads to.
        new("init", "an absolute path", static (parser, word) =>
            MountPath.TryNormalise(word.Value ?? "") is { } path && parser.Set(parser.Request with { Init = path })),
        new("panic", "a number of seconds", static (parser, word) => parser.SetPanic(word.Value)),
        new("kairosboot.watchdog", 5, 3600, static (request, number) => request with { WatchdogSeconds = number }),
        new("rd.immucore.debug", SwitchForm, static (parser, word) => IsSwitch(word, out var on) & parser.Set(parser.Request with { Debug = on })),
        new("rd.immucore.debugrw", SwitchForm, static (parser, word) => IsSwitch(word, out var on) & parser.Set(parser.Request with { RootWritable = on })),
        new("kairosboot.break", "a step, or several with commas between", static (parser, word) => parser.WarnUnsupported(word)),
        new("kairosboot.shell", "never, auth or always", static (parser, word) => parser.WarnUnsupported(word)),
        new("rd.immucore.disable", "none", static (parser, word) => parser.WarnUnsupported(word)),
    ];

    private const string SwitchForm = "nothing, 1 or 0";

    /// <summary>The option of that name, in either spelling; null where the word belongs to another program.</summary>
    public static KernelOption? Find(string name)
    {
        if (name.StartsWith(FormerPrefix, StringComparison.Ordinal)) name = string.Concat(Prefix, name.AsSpan(FormerPrefix.Length));
        foreach (var option in All)
            if (option.Name == name) return option;
        return null;
    }

    // A value that is neither on nor off is reported and means off.
    private static bool IsSwitch(KernelParameter word, out bool on)
    {
        on = word.Value is null or "" or "1" or "true" or "yes" or "on";
        return on || word.Value is "0" or "false" or "no" or "off";
    }
}
