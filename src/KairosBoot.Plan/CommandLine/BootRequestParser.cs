using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>Parses the command line into a request. <see cref="KernelOptions"/> has one row for each option.</summary>
public sealed partial class BootRequestParser
{
    private readonly ImmutableArray<string>.Builder warnings = ImmutableArray.CreateBuilder<string>();
    private readonly ImmutableArray<VolumeRequest>.Builder volumes = ImmutableArray.CreateBuilder<VolumeRequest>();
    private readonly ImmutableArray<string>.Builder modules = ImmutableArray.CreateBuilder<string>();
    private readonly ImmutableArray<string>.Builder excludedModules = ImmutableArray.CreateBuilder<string>();
    private string? file, liveImage, loaderSlot;
    private string root = "";

    private BootRequestParser()
    {
    }

    /// <summary>The request from the words parsed so far.</summary>
    private BootRequest Request { get; set; } = new() { Slot = Slot.Active, ImagePath = "/cOS/active.img" };

    /// <summary>Never fails: unknown words belong to other programs, and invalid values become warnings.</summary>
    public static BootRequest Parse(KernelCommandLine commandLine)
    {
        var parser = new BootRequestParser();
        foreach (var parameter in commandLine.Parameters) parser.Apply(parameter);
        return parser.Finish();
    }

    private void Apply(KernelParameter parameter)
    {
        if (KernelOptions.Find(parameter.Name) is { } option && !Parse(option, parameter))
            warnings.Add($"{parameter.Name}={parameter.Value} is not valid (expected {option.Form}); the default is used");
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
            Modules = modules.ToImmutable(),
            ExcludedModules = excludedModules.ToImmutable(),
            Warnings = all.ToImmutable(),
        };
    }

    // The file name decides the slot; a label or the loader's slot decides only if no file is named. GRUB's recovery entry for a squashfs
    // uses dracut's form: root=live:LABEL=COS_RECOVERY with the file in rd.live.squashimg.
    private (Slot, string Image) ChooseImage(ImmutableArray<string>.Builder problems)
    {
        if (root.StartsWith("live:", StringComparison.Ordinal))
        {
            if (SlotOfRoot(root[5..]) != Slot.Recovery) Refuse("root=" + root, "live media or network boot");
            root = root[5..];
            file ??= liveImage;
        }
        var named = file is null ? null : MountPath.TryNormalise(file.StartsWith('/') ? file : "/" + file);
        if (file is not null && named is null)
            problems.Add($"cos-img/filename={file} is not a path inside a partition; the slot's own image is used");
        var byRoot = SlotOfRoot(root);
        var byLoader = SlotNames.TryParse(loaderSlot);
        if (loaderSlot is not null && byLoader is null)
            problems.Add($"kairosboot.slot={loaderSlot} is not active, passive or recovery; it is ignored");
        if (root.Length > 0 && byRoot is null && named is null)
            problems.Add($"root={root} is not LABEL=COS_ACTIVE, COS_PASSIVE, COS_SYSTEM or COS_RECOVERY; active is booted");
        var slot = (named is null ? null : SlotOfFile(named)) ?? byRoot ?? byLoader ?? Slot.Active;
        if (byRoot is { } other && other != slot)
            problems.Add($"root={root} names {other.Name()} but cos-img/filename={file} names {slot.Name()}; cos-img/filename is used");
        return (slot, named ?? slot.Image());
    }

    // Waiting for the partitions of an installed system would only delay the answer.
    private void Refuse(string word, string what) => Request = Request with
    {
        Unsupported = new(word + " asks for " + what + ", which kairos-boot does not support",
            "start this medium with the initrd that it came with; kairos-boot boots installed systems"),
    };

    private static Slot? SlotOfRoot(string root) => root switch
    {
        "LABEL=COS_ACTIVE" => Slot.Active,
        "LABEL=COS_PASSIVE" => Slot.Passive,
        "LABEL=COS_SYSTEM" or "LABEL=COS_RECOVERY" => Slot.Recovery,
        _ => null,
    };

    private static Slot? SlotOfFile(string path)
    {
        var name = PathParts.NameOf(path);
        return SlotNames.TryParse(name.Contains('.') ? name[..name.IndexOf('.')] : name);
    }
}
