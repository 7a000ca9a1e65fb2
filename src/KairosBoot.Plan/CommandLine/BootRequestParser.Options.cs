using System.Collections.Immutable;

namespace KairosBoot.Plan;

// What each option changes. A method returns true if the value is valid.
public sealed partial class BootRequestParser
{
    private bool Parse(KernelOption option, KernelParameter word) => option.Kind switch
    {
        KernelOptionKind.ImageFile => Note(ref file, word.Value),
        KernelOptionKind.Root => Note(ref root!, word.Value ?? ""),
        KernelOptionKind.LiveImage => Note(ref liveImage, word.Value),
        KernelOptionKind.LoaderSlot => Note(ref loaderSlot, word.Value),
        KernelOptionKind.AutoReset => Set(Request with { AutoReset = true }),
        KernelOptionKind.Why => ChoiceReasons.TryParse(word.Value) is { } why && Set(Request with { Why = why }),
        KernelOptionKind.LoaderCounters => SetLoaderCounters(word.Value),
        KernelOptionKind.KexecFrom => SlotNames.TryParse(word.Value) is { } slot && Set(Request with { KexecFrom = slot }),
        KernelOptionKind.LoadedFrom => word.Value is { Length: > 0 } partition &&
            Set(Request with { LoadedFrom = new DeviceRef(DeviceRefKind.PartUuid, partition.ToLowerInvariant()) }),
        KernelOptionKind.BootId => word.Value is { } id && BootBlock.IsBootId(id) && Set(Request with { LoaderBootId = id }),
        KernelOptionKind.UserData => word.Value == "usb" && Set(Request with { UserDataFromMedia = true }),
        KernelOptionKind.Init => MountPath.TryNormalise(word.Value ?? "") is { } path && Set(Request with { Init = path }),
        KernelOptionKind.Panic => SetPanic(word.Value),
        KernelOptionKind.Debug => IsSwitch(word.Value, out var on) & Set(Request with { Debug = on }),
        KernelOptionKind.RootWritable => IsSwitch(word.Value, out var on) & Set(Request with { RootWritable = on }),
        KernelOptionKind.Keys => word.Value is "on" or "off" && Set(Request with { TakesKeys = word.Value == "on" }),
        KernelOptionKind.Shell => SetShell(word.Value),
        KernelOptionKind.Break => SetBreaks(word),
        KernelOptionKind.UnifiedImage => RefuseUnifiedImage(),
        KernelOptionKind.Unsupported => WarnUnsupported(word),
        KernelOptionKind.Modules => AddModules(modules, word),
        KernelOptionKind.ExcludedModules => AddModules(excludedModules, word),
        KernelOptionKind.TriesLeft or KernelOptionKind.OemTimeout or KernelOptionKind.DeviceTimeout or KernelOptionKind.VolumeRetries
            or KernelOptionKind.Watchdog => option.Number(word.Value) is { } number && Set(WithNumber(option.Kind, number)),
        _ => ParseVolume(option.Kind, word.Value),
    };

    private BootRequest WithNumber(KernelOptionKind kind, int number) => kind switch
    {
        KernelOptionKind.TriesLeft => Request with { TriesLeft = number },
        KernelOptionKind.OemTimeout => Request with { OemTimeout = TimeSpan.FromSeconds(number) },
        KernelOptionKind.DeviceTimeout => Request with { DeviceTimeout = TimeSpan.FromSeconds(number) },
        KernelOptionKind.VolumeRetries => Request with { VolumeRetries = number },
        _ => Request with { WatchdogSeconds = number },
    };

    // What is mounted and how it is checked.
    private bool ParseVolume(KernelOptionKind kind, string? value) => kind switch
    {
        KernelOptionKind.Overlay => OverlayBacking.TryParse(value ?? "") is { } backing && Set(Request with { Overlay = backing }),
        KernelOptionKind.Volume => VolumeRequest.TryParse(value ?? "") is { } volume
            && AddVolume(volume with { Origin = "kernel command line" }),
        KernelOptionKind.Oem => Set(Request with { Oem = value is { Length: > 0 } label ? DeviceRef.Label(label) : null }),
        KernelOptionKind.Persistent => VolumePolicy.TryParse(value ?? "") is { } policy && Set(Request with { Persistent = policy }),
        KernelOptionKind.CheckMode => SetCheckMode(value),
        _ => SetCheckRepair(value),
    };

    private bool Set(BootRequest request)
    {
        Request = request;
        return true;
    }

    private bool RefuseUnifiedImage()
    {
        Refuse("rd.immucore.uki", "Trusted Boot (a unified kernel image)");
        return true;
    }

    private static bool Note(ref string? field, string? value)
    {
        field = value;
        return true;
    }

    private bool AddVolume(VolumeRequest volume)
    {
        volumes.Add(volume);
        return true;
    }

    // One wrong name must not bring back the drivers that the others keep out.
    private bool AddModules(ImmutableArray<string>.Builder names, KernelParameter word)
    {
        foreach (var name in (word.Value ?? "").Split(','))
        {
            if (name.Length == 0) continue;
            if (ModuleName.IsValid(name)) names.Add(ModuleName.Normalize(name));
            else warnings.Add($"{word.Name}: {name} is not the name of a module; it is ignored");
        }
        return true;
    }

    private bool SetLoaderCounters(string? value)
    {
        CounterAccess? access = value switch
        {
            "ok" => CounterAccess.Writable,
            "ro" => CounterAccess.ReadOnly,
            "bad" => CounterAccess.Unusable,
            _ => null,
        };
        return access is { } known && Set(Request with { LoaderCounters = known });
    }

    private bool SetCheckMode(string? value)
    {
        FsckMode? mode = value switch { "auto" => FsckMode.Auto, "force" => FsckMode.Force, "skip" => FsckMode.Skip, _ => null };
        return mode is { } known && Set(Request with { Checks = new(known, Request.Checks.Repair) });
    }

    private bool SetCheckRepair(string? value)
    {
        FsckRepair? repair = value switch { "preen" => FsckRepair.Preen, "yes" => FsckRepair.Yes, "no" => FsckRepair.No, _ => null };
        return repair is { } known && Set(Request with { Checks = new(Request.Checks.Mode, known) });
    }

    // As in the kernel: a positive number waits, a negative one does not. The kernel's 0 (stay in the panic) is ignored: an unattended
    // machine must reboot.
    private bool SetPanic(string? value)
    {
        if (!int.TryParse(value, out var seconds)) return false;
        return seconds == 0 || Set(Request with { PanicSeconds = Math.Clamp(seconds, 0, 3600) });
    }

    // A value that is neither on nor off is reported and means off.
    private static bool IsSwitch(string? value, out bool on)
    {
        on = value is null or "" or "1" or "true" or "yes" or "on";
        return on || value is "0" or "false" or "no" or "off";
    }

    private bool SetShell(string? value)
    {
        if (value is not ("never" or "auth" or "always")) return false;
        return Set(Request with { Shell = value == "never" ? ShellMode.Never : value == "auth" ? ShellMode.Auth : ShellMode.Always });
    }

    private bool SetBreaks(KernelParameter word)
    {
        var breaks = 0;
        foreach (var name in (word.Value ?? "").Split(','))
        {
            if (name.Length == 0) continue;
            if (BootSteps.TryParse(name) is { } step) breaks |= 1 << (int)step;
            else warnings.Add(word.Name + ": " + name + BootSteps.NoSuchStep);
        }
        return Set(Request with { Breaks = breaks });
    }

    // A user who sets one of these relies on it: ignoring it without a warning would be worse than not knowing it.
    private bool WarnUnsupported(KernelParameter parameter)
    {
        warnings.Add($"{parameter.Name} is not supported by this version of kairos-boot and has no effect");
        return true;
    }
}
