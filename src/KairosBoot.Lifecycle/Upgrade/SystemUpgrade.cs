using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// An upgrade from its source to the switch. Before the switch, nothing changes for the running system: the new image is written next to
/// the others and
/// removed if a step fails.
/// </summary>
public sealed class SystemUpgrade
{
    private readonly UpgradeRequest request;
    private readonly TargetSystem machine;
    private readonly ImageStream? stream;
    private readonly ProgressReport progress;
    private readonly CancellationToken cancellationToken;
    private readonly IReadOnlyList<string> mountPoints;
    private readonly ReporterRule reporter;
    private readonly List<string> notes = [];

    private SystemUpgrade(UpgradeRequest request, TargetSystem machine, ImageStream? stream, bool isReset, ProgressReport progress,
        CancellationToken cancellationToken)
    {
        (this.request, this.machine, this.stream, this.progress) = (request, machine, stream, progress);
        (this.cancellationToken, mountPoints) = (cancellationToken, machine.MountPoints());
        reporter = new(request, machine, isReset);
    }

    /// <exception cref="OperatorException">The image would not boot here, does not fit, or the disk fails.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; the system is
    /// unchanged.</exception>
    public static UpgradeResult Run(UpgradeRequest request, TargetSystem machine, ProgressReport progress,
        CancellationToken cancellationToken = default)
    {
        if (FindExisting(request, machine, cancellationToken) is { } existing) return existing;
        using var stream = OpenStream(request, cancellationToken);
        return new SystemUpgrade(request, machine, stream, isReset: false, progress, cancellationToken).Run();
    }

    /// <summary>The result of an upgrade to an image that the machine already has; null: an upgrade is needed. Writes nothing.</summary>
    public static UpgradeResult? FindExisting(UpgradeRequest request, TargetSystem machine, CancellationToken cancellationToken)
    {
        var search = new ExistingImage(machine, cancellationToken);
        var found = request.Image is not null ? search.Find(request.Image, request.IsRecovery)
            : request is { Root: not null, IsRecovery: false } ? search.FindTree(request.Root) : null;
        return found is null ? null : Existing(request, request.Image, found.Value);
    }

    private static UpgradeResult Existing(UpgradeRequest request, string? image, (string Outcome, bool NeedsReboot) found) =>
        new(request.IsRecovery ? "recovery" : "active", image is null ? "" : BootCounter.IdOf(ImageIdentity.Of(image)),
            image is null ? 0 : Syscall.TryStat(image)!.Value.Size, found.Outcome, [], null)
        { NeedsReboot = found.NeedsReboot };

    private static ImageStream? OpenStream(UpgradeRequest request, CancellationToken cancellationToken) =>
        request.Image is null ? null : ImageStream.TryOpen(request.Image, cancellationToken);

    /// <summary>Replaces active, passive and the counters, while the recovery system is running.</summary>
    /// <param name="request">The new system; null: the recovery image.</param>
    /// <param name="machine">The machine, which runs recovery.</param>
    /// <param name="labels">Labels of partitions to erase.</param>
    /// <param name="progress">Gets the progress.</param>
    /// <param name="cancellationToken">Ends the work. Before the new image is complete, the system is unchanged.</param>
    /// <exception cref="OperatorException">As for an upgrade; or recovery is not running, or a partition is in use.</exception>
    public static UpgradeResult Reset(UpgradeRequest? request, TargetSystem machine, IReadOnlyList<string> labels, ProgressReport progress,
        CancellationToken cancellationToken = default)
    {
        if (!machine.IsRecovery)
        {
            throw new OperatorException("reset must be run from the recovery system",
                "run kboot select recovery --once, reboot, and run kboot reset there");
        }

        // Before anything is written: a partition in use must stop the whole reset.
        var partitions = labels.Select(label => new PartitionReset(label)).ToList();
        request ??= RecoveryRequest();
        using var stream = OpenStream(request, cancellationToken);
        return new SystemUpgrade(request, machine, stream, isReset: true, progress, cancellationToken).Reset(partitions);
    }

    private static UpgradeRequest RecoveryRequest() =>
        new(TargetSystem.RecoveryImageOn(SystemPaths.State)!, null, null, null, IsRecovery: false, KBoot: null);

    private UpgradeResult Reset(IReadOnlyList<PartitionReset> partitions)
    {
        CheckSource();
        return SwitchTo(new FactorySwitch(machine.State.Path), "active", machine.State.Path, () =>
        {
            foreach (var partition in partitions)
            {
                progress("formatting", 0, 1);
                partition.Format(cancellationToken);
            }
        });
    }

    private UpgradeResult Run()
    {
        var state = machine.State.Path;
        using var recovery = request.IsRecovery ? machine.FindRecovery() : null;
        var type = CheckSource();
        return recovery is null
            ? SwitchTo(new ActiveSwitch(state, machine.RunningImage, machine.IsRecovery), "active", state, () => { })
            : SwitchTo(new RecoverySwitch(recovery.Path, state, machine.RunningImage, type == "squashfs"), "recovery", null, () => { });
    }

    // A stream is checked when it is written: only its first bytes can be examined before. Returns the file system of the new image.
    private string CheckSource()
    {
        if (request.Image is null) return request.Format == ImageFormat.Squashfs ? "squashfs" : "ext4";
        if (stream is null) return ImagePreflight.CheckImage(request.Image, mountPoints);
        return stream.Type ?? throw new OperatorException($"{request.Image} contains no file system image",
            "build it with kboot image build, and compress it with zstd");
    }

    private UpgradeResult SwitchTo(SlotSwitch slotSwitch, string slot, string? state, Action beforeSwitch)
    {
        if (slot == "active" && SlotSwitch.Leftovers(machine.State.Path).Any(File.Exists))
            notes.Add("an earlier upgrade was interrupted; what it left is removed");
        var added = Write(slotSwitch);
        // A stream can be compared only now. A reset always writes.
        if (stream is not null && slotSwitch is not FactorySwitch
            && new ExistingImage(machine, cancellationToken).Find(slotSwitch.Transition, request.IsRecovery) is { } found)
        {
            var existing = Existing(request, slotSwitch.Transition, found);
            slotSwitch.Clear();
            return existing;
        }

        var (id, size) = (BootCounter.IdOf(ImageIdentity.Of(slotSwitch.Transition)), Syscall.TryStat(slotSwitch.Transition)!.Value.Size);
        beforeSwitch();
        progress("switching", 1, 1);
        try
        {
            if (state is not null) new UnassessedImages(slotSwitch, state).Set(id, reporter.IsUnassessed);
            var outcome = slotSwitch.Commit();
            if (state is not null) new UnassessedImages(slotSwitch, state).Clean(slotSwitch.ImageIds());
            return new(slot, id, size, outcome, added, state is null ? null : BootMenuUpdate.Apply(slotSwitch, state))
            {
                Notes = notes,
                Warnings = reporter.Warnings,
            };
        }
        catch (SyscallException failure)
        {
            throw new OperatorException($"switching to the new image failed: {failure.Message}",
                "run the command again; if the disk or its controller is failing, replace it. The machine can still boot: at every " +
                "step, a slot has a complete image");
        }
    }

    private IReadOnlyList<string> Write(SlotSwitch slotSwitch)
    {
        slotSwitch.Check();
        if (request.Image is not null && stream is null) reporter.Check(request.Image, request.Image);
        slotSwitch.Clear();
        try
        {
            IReadOnlyList<string> added = [];
            slotSwitch.Change(() => added = Fill(new TransitionImage(slotSwitch.Transition, progress, cancellationToken),
                slotSwitch.Transition));
            new TransitionImage(slotSwitch.Transition, progress, cancellationToken).ReadBack(request.Image, stream is not null);
            CheckWritten(slotSwitch.Transition);
            reporter.Check(slotSwitch.Transition, request.Image ?? slotSwitch.Transition);
            cancellationToken.ThrowIfCancellationRequested();
            return added;
        }
        catch (Exception failure)
        {
            TryClear(slotSwitch);
            if (failure is SyscallException call && Explain(call, slotSwitch.Transition) is { } explained)
                throw explained;
            throw;
        }
    }

    private void CheckWritten(string transition)
    {
        try
        {
            ImagePreflight.CheckImage(transition, mountPoints);
        }
        catch (OperatorException failure) when (stream is not null)
        {
            throw new OperatorException(failure.Problem.Replace(transition, request.Image), failure.Fix);
        }

        if (ImagePreflight.OlderThan(transition, machine.Host) is { } older) notes.Add(older);
    }

    private IReadOnlyList<string> Fill(TransitionImage transition, string path)
    {
        if (request.Image is not null)
        {
            if (stream is not null) transition.CopyFrom(stream);
            else transition.CopyFrom(request.Image);
            return [];
        }

        using var scratch = new TemporaryDirectory(nextTo: Path.Combine(machine.ScratchDirectory, "kairosboot-upgrade"), cancellationToken);
        using var root = request.Root is null ? null : OneFileSystem.Of(request.Root);
        progress("unpacking", 0, 1);
        var tree = root is not null ? new SourceTree(root.Path, [], Disposable: false)
            : request.Tar is not null ? TarExtraction.Extract(request.Tar, scratch.File("root"), cancellationToken)
            : OciImage.Unpack(request.Oci!, scratch);
        ImagePreflight.CheckTree(tree.Path, mountPoints);
        progress("building", 0, 1);
        var build = new ImageRequest(tree.Path, null, request.Format, SizeBytes: null, Kernel: null, InitrdRequest.DefaultModules,
            Init: null, request.KBoot)
        {
            Allocate = true,
        };
        var built = ImageBuilder.Build(build, tree, path, scratch);
        transition.FillHoles();
        return built.Added;
    }

    // The user must see the first error, not one of the clean-up. The next upgrade cleans up too.
    private static void TryClear(SlotSwitch slotSwitch)
    {
        try
        {
            slotSwitch.Clear();
        }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
        }
    }

    private OperatorException? Explain(SyscallException failure, string path) => failure.Errno switch
    {
        Errno.ENOSPC => new($"no space for the new image on the partition of {path}: {failure.Message}",
            "make the image smaller or the partition larger: it must hold three images; the system is unchanged"),
        Errno.EIO when failure.Path == request.Image =>
            new($"{failure.Path} cannot be read: {failure.Message}", "copy the image again from another disk; the system is unchanged"),
        Errno.EIO => new($"writing the new image failed: {failure.Message}", "replace the disk or its controller; the system is unchanged"),
        Errno.EROFS or Errno.EUCLEAN =>
            new($"the partition of {path} cannot be written: {failure.Message}",
            "check its file system in the recovery system: e2fsck -f; the system is unchanged"),
        _ => null,
    };
}
