using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>Command line to request: one row an option. <c>rd.cos.x</c> is the old spelling of <c>rd.immucore.x</c> and means the same.</summary>
public sealed class BootRequestParser
{
    private readonly ImmutableArray<string>.Builder warnings = ImmutableArray.CreateBuilder<string>();
    private readonly ImmutableArray<VolumeRequest>.Builder volumes = ImmutableArray.CreateBuilder<VolumeRequest>();
    private readonly KernelCommandLine commandLine;
    private BootRequest request = new() { Slot = Slot.Active, ImagePath = "/cOS/active.img" };

    private BootRequestParser(KernelCommandLine commandLine) => this.commandLine = commandLine;

    /// <summary>Never fails: words it does not know are somebody else's, bad values become warnings.</summary>
    public static BootRequest Parse(KernelCommandLine commandLine) => new BootRequestParser(commandLine).Parse();

    private BootRequest Parse()
    {
        ChooseImage();
        foreach (var parameter in commandLine.Parameters) Take(parameter);
        // One that could not load them says "bad" and has counted nothing.
        request = request with { LoaderReadsCounters = request.LoaderCounters is "ok" or "ro" || request is { LoaderCounters: "bad", TriesLeft: not null } };
        return request with { Volumes = volumes.ToImmutable(), Warnings = warnings.ToImmutable() };
    }

    private void Take(KernelParameter parameter)
    {
        var value = parameter.Value ?? "";
        switch (CurrentSpelling(parameter.Name))
        {
            case "rd.immucore.overlay": Overlay(parameter, value); break;
            case "rd.immucore.mount": Volume(parameter, value); break;
            case "rd.immucore.oemlabel": request = request with { Oem = value.Length == 0 ? null : DeviceRef.Label(value) }; break;
            case "rd.immucore.oemtimeout": Seconds(parameter, 0, 3600, s => request with { OemTimeout = TimeSpan.FromSeconds(s) }); break;
            case "rd.immucore.debugrw": request = request with { RootWritable = Switch(parameter) }; break;
            case "rd.immucore.debug": request = request with { Debug = Switch(parameter) }; break;
            case "kairosboot.timeout": Seconds(parameter, 1, 86400, s => request with { DeviceTimeout = TimeSpan.FromSeconds(s) }); break;
            case "kairosboot.disk": LoadedFrom(parameter, value); break;
            case "kairosboot.persistent": Persistent(parameter, value); break;
            case "fsck.mode": CheckMode(parameter, value); break;
            case "fsck.repair": CheckRepair(parameter, value); break;
            case "kairosboot.tries": Seconds(parameter, 0, 9, n => request with { TriesLeft = n }); break;
            case "kairosboot.why": Why(parameter, value); break;
            case "kairosboot.kexec": KexecFrom(parameter, value); break;
            case "kairosboot.userdata": UserData(parameter, value); break;
            case "kairosboot.watchdog": Seconds(parameter, 5, 3600, s => request with { WatchdogSeconds = s }); break;
            case "kairosboot.env": LoaderCounters(parameter, value); break;
            case "kairosboot.break" or "kairosboot.shell" or "rd.immucore.disable": Unsupported(parameter); break;
            case "panic": Panic(parameter, value); break;
            case "init": Init(parameter, value); break;
            case "kairos.reset": request = request with { AutoReset = true }; break;
        }
    }

    private static string CurrentSpelling(string name) =>
        name.StartsWith("rd.cos.", StringComparison.Ordinal) ? string.Concat("rd.immucore.", name.AsSpan(7)) : name;

    // The file name decides the slot; a label (or the loader's word) only where no file is named. GRUB's recovery entry for a
    // squashfs is written for dracut: root=live:LABEL=COS_RECOVERY with the file in rd.live.squashimg.
    private void ChooseImage()
    {
        var root = commandLine.Last("root") ?? "";
        var file = commandLine.Last("cos-img/filename");
        if (root.StartsWith("live:", StringComparison.Ordinal))
        {
            root = root[5..];
            file ??= commandLine.Last("rd.live.squashimg");
        }
        var named = file is null ? null : MountPath.TryNormalise(file.StartsWith('/') ? file : "/" + file);
        if (file is not null && named is null)
            warnings.Add($"cos-img/filename={file} is not a path inside a partition; the slot's own image is used");
        var byRoot = SlotOfRoot(root);
        var byLoader = SlotNames.TryParse(commandLine.Last("kairosboot.slot"));
        if (commandLine.Last("kairosboot.slot") is { } told && byLoader is null)
            warnings.Add($"kairosboot.slot={told} is none of active, passive, recovery; it is ignored");
        if (root.Length > 0 && byRoot is null && named is null)
            warnings.Add($"root={root} names none of LABEL=COS_ACTIVE, COS_PASSIVE, COS_SYSTEM, COS_RECOVERY; active is booted");
        var slot = (named is null ? null : SlotOfFile(named)) ?? byRoot ?? byLoader ?? Slot.Active;
        if (byRoot is { } other && other != slot)
            warnings.Add($"root={root} says {other.Name()} but cos-img/filename={file} is {slot.Name()}; the file decides");
        request = request with { Slot = slot, ImagePath = named ?? slot.Image() };
    }

    private static Slot? SlotOfRoot(string root) => root switch
    {
        "LABEL=COS_ACTIVE" => Slot.Active,
        "LABEL=COS_PASSIVE" => Slot.Passive,
        "LABEL=COS_SYSTEM" or "LABEL=COS_RECOVERY" => Slot.Recovery,
        _ => null,
    };

    private static Slot? SlotOfFile(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        return SlotNames.TryParse(name.Contains('.') ? name[..name.IndexOf('.')] : name);
    }

    private void Overlay(KernelParameter parameter, string value)
    {
        if (OverlayBacking.TryParse(value) is { } backing) request = request with { Overlay = backing };
        else Warn(parameter, "tmpfs:SIZE or a device");
    }

    private void Volume(KernelParameter parameter, string value)
    {
        if (VolumeRequest.TryParse(value) is { } volume) volumes.Add(volume);
        else Warn(parameter, "DEVICE:/path, for example LABEL=DATA:/srv/data");
    }

    private void LoadedFrom(KernelParameter parameter, string value)
    {
        if (value.Length > 0) request = request with { LoadedFrom = new DeviceRef(DeviceRefKind.PartUuid, value.ToLowerInvariant()) };
        else Warn(parameter, "a PARTUUID");
    }

    private void Persistent(KernelParameter parameter, string value)
    {
        if (VolumePolicy.TryParse(value) is { } policy) request = request with { Persistent = policy };
        else Warn(parameter, "ro or recovery, and stop or tmpfs, with a comma between");
    }

    private void CheckMode(KernelParameter parameter, string value)
    {
        FsckMode? mode = value switch { "auto" => FsckMode.Auto, "force" => FsckMode.Force, "skip" => FsckMode.Skip, _ => null };
        if (mode is { } known) request = request with { Checks = new(known, request.Checks.Repair) };
        else Warn(parameter, "auto, force or skip");
    }

    private void CheckRepair(KernelParameter parameter, string value)
    {
        FsckRepair? repair = value switch { "preen" => FsckRepair.Preen, "yes" => FsckRepair.Yes, "no" => FsckRepair.No, _ => null };
        if (repair is { } known) request = request with { Checks = new(request.Checks.Mode, known) };
        else Warn(parameter, "preen, yes or no");
    }

    private void UserData(KernelParameter parameter, string value)
    {
        if (value == "usb") request = request with { UserDataFromMedia = true };
        else Warn(parameter, "usb");
    }

    private void Why(KernelParameter parameter, string value)
    {
        if (value is "order" or "oneshot") request = request with { Why = value };
        else Warn(parameter, "order or oneshot");
    }

    private void KexecFrom(KernelParameter parameter, string value)
    {
        if (SlotNames.TryParse(value) is { } slot) request = request with { KexecFrom = slot };
        else Warn(parameter, "active, passive or recovery");
    }

    private void LoaderCounters(KernelParameter parameter, string value)
    {
        if (value is "ok" or "ro" or "bad") request = request with { LoaderCounters = value };
        else Warn(parameter, "ok, ro or bad");
    }

    private void Init(KernelParameter parameter, string value)
    {
        if (MountPath.TryNormalise(value) is { } path) request = request with { Init = path };
        else Warn(parameter, "an absolute path");
    }

    // Whoever sets one of these counts on it: passing it over without a word would be worse than not knowing it.
    private void Unsupported(KernelParameter parameter)
    {
        if (parameter is not { Name: "kairosboot.shell", Value: "never" })
            warnings.Add($"{parameter.Name} is not supported by this version of kairos-boot and has no effect");
    }

    // The kernel's own meaning: positive waits, negative does not. Its 0, stay there for ever, is no end for an unattended machine.
    private void Panic(KernelParameter parameter, string value)
    {
        if (!int.TryParse(value, out var seconds)) Warn(parameter, "a number of seconds");
        else if (seconds != 0) request = request with { PanicSeconds = Math.Clamp(seconds, 0, 3600) };
    }

    private void Seconds(KernelParameter parameter, int least, int most, Func<int, BootRequest> with)
    {
        if (int.TryParse(parameter.Value, out var number) && number >= least && number <= most) request = with(number);
        else Warn(parameter, $"a number from {least} to {most}");
    }

    private bool Switch(KernelParameter parameter)
    {
        if (parameter.Value is null or "" or "1" or "true" or "yes" or "on") return true;
        if (parameter.Value is not ("0" or "false" or "no" or "off")) Warn(parameter, "nothing, 1 or 0");
        return false;
    }

    private void Warn(KernelParameter parameter, string expected) =>
        warnings.Add($"{parameter.Name}={parameter.Value} is not valid (expected {expected}); the default holds");
}
