using System.Collections.Immutable;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Execution;
using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>A slot of this machine, as the checks of its next boot see it.</summary>
/// <param name="node">The machine.</param>
/// <param name="commandLine">The kernel command line of its boot.</param>
/// <param name="configs">Directory with the content of COS_OEM.</param>
internal sealed class SlotUnderCheck(NodeUnderCheck node, string commandLine, string configs)
{
    internal NodeUnderCheck Node => node;
    internal BootRequest Request { get; } = BootRequestParser.Parse(KernelCommandLine.Parse(commandLine));

    /// <summary>Why its image cannot be used; null: it can, or was not read yet.</summary>
    internal OperatorException? ImageProblem { get; private set; }

    /// <summary>Its image, mounted; null: it cannot be.</summary>
    internal string? Root { get; private set; }

    /// <summary>File system of its image; null: it has none.</summary>
    internal string? ImageType { get; private set; }

    /// <summary>The partitions that the boot finds; null: those of the image are missing or cannot be used.</summary>
    internal BootDisk? Disk { get; private set; }

    /// <summary>The devices of the layout; null: the layout is not known.</summary>
    internal PlannedDevices? Devices { get; private set; }

    internal StagePreview? Stage { get; private set; }
    internal Layout? Layout { get; private set; }
    internal ImmutableArray<PlannedPhase> Phases { get; private set; } = [];

    /// <summary>Mounts the image for the time of the checks.</summary>
    /// <param name="check">Is called once, also if there is no image.</param>
    internal void Inspect(Action check)
    {
        Disk = BootDiskSearch.Decide(Request, node.Seen, new DiskComparison { Chosen = node.Disk }, oemTimedOut: true).Disk;
        try
        {
            using var recovery = Request.Slot == Slot.Recovery ? StatePartition.Find("", SystemPaths.RecoveryLabel) : null;
            WithImage((recovery?.Path ?? node.Location.Directory) + Request.ImagePath, root =>
            {
                MachineArchitecture.Check(root);
                Plan(root);
                check();
            });
        }
        catch (OperatorException problem) when (Root is null) { ImageProblem = problem; }
        catch (SyscallException failure) when (Root is null)
        {
            ImageProblem = new(failure.Message, "repair the slot: kboot upgrade, or kboot reset from recovery");
        }

        if (Root is null) check();
    }

    // GRUB does not read every image that the kernel mounts; kairos-boot without GRUB does not need it.
    private void WithImage(string image, Action<string> inspect)
    {
        if (Request.ImagePath == SystemPaths.RecoveryImage && Syscall.TryStat(image) is null)
            image = image[..^SystemPaths.RecoveryImage.Length] + SystemPaths.OtherRecoveryImage;
        if (Syscall.TryStat(image) is null)
            throw new OperatorException($"the image {image} is missing", "install one: kboot upgrade, or kboot reset from recovery");
        ImageType = ImageReader.FileSystemOf(image);
        if (node.HasLoader || ImageType != "erofs")
        {
            FinishedImage.Check(image, inspect);
            return;
        }

        using var mounted = MountedImage.Open(image, ImageType);
        inspect(mounted.Path);
    }

    private void Plan(string root)
    {
        Stage = RootfsPreview.Of(new PreviewMachine
        {
            Root = root, HasOem = Disk?.Oem is not null, Oem = configs, CommandLine = commandLine,
            Sentinel = $"{SystemPaths.Sentinels}/{Request.SentinelName}", Architecture = ConfigArchitecture.Of(root),
        });
        Layout = LayoutReader.Read(Request, Stage.Layout, Stage.ExtraLayout, Stage.CustomLayout);
        Devices = Disk is null ? PlannedDevices.Assume(Request, Layout) : Find(Layout, Disk);
        Phases = BootPlan.For(Request, Devices, Layout);
        Root = root;
    }

    private PlannedDevices Find(Layout layout, BootDisk disk)
    {
        var volumes = VolumeSearch.Decide(layout, Request, node.Seen, disk, final: true).Volumes;
        var overlay = layout.Overlay.Device is { } wanted
            ? DeviceSearch.Find(wanted, node.Seen, disk.Disk, onBootDiskOnly: false).Device : null;
        return new(disk, node.Seen, volumes, overlay is { Superblock.Mountable: true } ? overlay : null);
    }
}
