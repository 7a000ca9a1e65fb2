using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>Command line to request. <see cref="KernelOptions"/> has one row for each option.</summary>
public sealed partial class BootRequestParser
{
    private readonly ImmutableArray<string>.Builder warnings = ImmutableArray.CreateBuilder<string>();
    private readonly ImmutableArray<VolumeRequest>.Builder volumes = ImmutableArray.CreateBuilder<VolumeRequest>();
    private string? file, liveImage, loaderSlot;
    private string root = "";

    private BootRequestParser()
    {
    }

    /// <summary>What the words so far ask for.</summary>
    private BootRequest Request { get; set; } = new() { Slot = Slot.Active, ImagePath = "/cOS/active.img" };

    /// <summary>Never fails: unknown words belong to other programs, bad values become warnings.</summary>
    public static BootRequest Parse(KernelCommandLine commandLine)
    {
        var parser = new BootRequestParser();
        foreach (var parameter in commandLine.Parameters) parser.Take(parameter);
        return parser.Finish();
    }

    private void Take(KernelParameter parameter)
    {
        if (KernelOptions.Find(parameter.Name) is { } option && !Parse(option, parameter))
            warnings.Add($"{parameter.Name}={parameter.Value} is not valid (expected {option.Form}); the default holds");
    }

    private BootRequest Finish()
    {
        var all = ImmutableArray.CreateBuilder<string>();
        var (slot, image) = ChooseImage(all);
        foreach (var warning in warnings) all.Add(warning);
        return Request with
        {
            Slot = slot,
            ImagePath = image,
            // One that could not load them says "bad" and has counted nothing.
            LoaderReadsCounters = Request.LoaderCounters is CounterAccess.Writable or CounterAccess.ReadOnly
                || Request is { LoaderCounters: CounterAccess.Unusable, TriesLeft: not null },
            Volumes = volumes.ToImmutable(),
            Warnings = all.ToImmutable(),
        };
    }

    // The file name decides the slot; a label (or the loader's word) only where no file is named. GRUB's recovery entry for a
    // squashfs is written for dracut: root=live:LABEL=COS_RECOVERY with the file in rd.live.squashimg.
    private (Slot, string Image) ChooseImage(ImmutableArray<string>.Builder problems)
    {
        if (root.StartsWith("live:", StringComparison.Ordinal))
        {
            root = root[5..];
            file ??= liveImage;
        }
        var named = file is null ? null : MountPath.TryNormalise(file.StartsWith('/') ? file : "/" + file);
        if (file is not null && named is null)
            problems.Add($"cos-img/filename={file} is not a path inside a partition; the slot's own image is used");
        var byRoot = SlotOfRoot(root);
        var byLoader = SlotNames.TryParse(loaderSlot);
        if (loaderSlot is { } told && byLoader is null)
            problems.Add($"kairosboot.slot={told} is none of active, passive, recovery; it is ignored");
        if (root.Length > 0 && byRoot is null && named is null)
            problems.Add($"root={root} names none of LABEL=COS_ACTIVE, COS_PASSIVE, COS_SYSTEM, COS_RECOVERY; active is booted");
        var slot = (named is null ? null : SlotOfFile(named)) ?? byRoot ?? byLoader ?? Slot.Active;
        if (byRoot is { } other && other != slot)
            problems.Add($"root={root} says {other.Name()} but cos-img/filename={file} is {slot.Name()}; the file decides");
        return (slot, named ?? slot.Image());
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
}
