using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The checked content of a disk, and its layout.</summary>
internal sealed class DiskContent
{
    private const int MaxCloudConfigs = 100;

    private readonly DiskRequest request;
    private readonly string recovery, recoveryName;
    private readonly Kargs arguments;

    /// <param name="request">The content.</param>
    /// <param name="diskName">Name of the disk in the message that it is too small.</param>
    /// <param name="scratch">Takes temporary files; its interrupt ends the checks.</param>
    /// <exception cref="OperatorException">An image cannot boot, or does not fit.</exception>
    internal DiskContent(DiskRequest request, string diskName, TemporaryDirectory scratch)
    {
        this.request = request;
        recovery = request.Recovery ?? request.Image;
        var type = Check(request.Image, scratch.Interrupt);
        if (recovery != request.Image) type = Check(recovery, scratch.Interrupt);
        recoveryName = type == "squashfs" ? "recovery.squashfs" : "recovery.img";

        if (request.CloudConfigs.Count > MaxCloudConfigs)
        {
            throw new OperatorException($"too many cloud-configs: {request.CloudConfigs.Count}, at most {MaxCloudConfigs}",
                "merge some of them into one file");
        }

        arguments = new Kargs { Serial = 1 }.With(null,
            [.. request.KernelArguments.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)]);
        if (arguments.Problem is { } problem)
        {
            throw new OperatorException($"kernel arguments: {problem}",
                "use only words without quotes, $ and backslashes in --append and install.grub_options.extra_cmdline");
        }

        Layout = DiskLayout.Plan(DiskRequest.Size(request.Image), DiskRequest.Size(recovery), request.SizeBytes, request.Sizes, diskName);
        ExtraFileSystem.RequireTools(Layout);
        using var image = ImageReader.Open(request.Image, scratch);
        Architecture = ImageArchitecture.Require(image, request.Image);
        if (recovery != request.Image) RequireSame(recovery, scratch);
        Grub = GrubFiles.Find(Architecture, image, scratch);
    }

    // Who cannot mount an image gets the checks that need no mount. One that kboot built has passed the others, and its seal holds.
    private static string Check(string image, CancellationToken cancellationToken)
    {
        GrubReadable.Check(image);
        SealedImage.Check(image, cancellationToken);
        return FinishedImage.IsPossible ? FinishedImage.Check(image) : BootableImage.Check(image, cancellationToken);
    }

    // One menu, and one GRUB, start both.
    private void RequireSame(string recoveryImage, TemporaryDirectory scratch)
    {
        using var reader = ImageReader.Open(recoveryImage, scratch);
        var other = ImageArchitecture.Require(reader, recoveryImage);
        if (other == Architecture) return;
        throw new OperatorException($"{recoveryImage} is for {other.Machine}, but {request.Image} is for {Architecture.Machine}",
            $"give --recovery an image for {Architecture.Machine}");
    }

    internal DiskLayout Layout { get; }

    /// <summary>Of both images.</summary>
    internal Architecture Architecture { get; }

    internal GrubFiles Grub { get; }

    internal DebugFsScript Oem()
    {
        var cloudConfigs = new DebugFsScript();
        foreach (var (index, document) in request.CloudConfigs.Index())
            cloudConfigs.Write(document, CloudConfigName(index), mode: Octal.O600);
        return cloudConfigs;
    }

    internal DebugFsScript Recovery() => new DebugFsScript().MakeDirectory("cOS").Write(recovery, $"cOS/{recoveryName}");

    internal DebugFsScript State(TemporaryDirectory scratch)
    {
        var grubMenu = scratch.File("grub.cfg");
        HostFile.Write(grubMenu, GrubMenu.Text(Layout.Recovery.Number, Architecture));
        var counters = scratch.File("bootstate");
        HostFile.Write(counters, BootBlock.Write(new BootCounters()));
        var state = new DebugFsScript().MakeDirectory("cOS").Write(request.Image, "cOS/active.img").Write(request.Image, "cOS/passive.img")
            .MakeDirectory("grub").Write(grubMenu, "grub/grub.cfg").Write(counters, SystemPaths.BootState.TrimStart('/'));
        if (!arguments.IsEmpty)
        {
            var file = scratch.File("kargs");
            HostFile.Write(file, arguments.Write());
            state.Write(file, SystemPaths.Arguments.TrimStart('/'));
        }

        return state;
    }

    /// <summary>The first name is that of Kairos' installer. The names sort in the order of the files.</summary>
    private static string CloudConfigName(int index) => index < 10 ? $"{90 + index}_custom.yaml" : $"99_custom_{index}.yaml";
}
