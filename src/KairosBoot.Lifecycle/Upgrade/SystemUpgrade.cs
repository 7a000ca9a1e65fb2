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
    private readonly ReporterRule reporter;
    private readonly ImageWriter writer;
    private readonly List<string> notes = [];

    private SystemUpgrade(UpgradeRequest request, TargetSystem machine, ImageStream? stream, bool isReset, ProgressReport progress,
        CancellationToken cancellationToken)
    {
        (this.request, this.machine, this.stream, this.progress) = (request, machine, stream, progress);
        this.cancellationToken = cancellationToken;
        reporter = new(request, machine, isReset);
        writer = new(request, machine, stream, reporter, notes, progress, cancellationToken);
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

    /// <summary>
    /// An upgrade that ends before the switch: the image is complete, verified and named <see cref="SlotSwitch.Staged"/>. No boot uses it.
    /// </summary>
    /// <exception cref="OperatorException">As for an upgrade.</exception>
    /// <exception cref="OperationCanceledException">As for an upgrade.</exception>
    public static UpgradeResult Stage(UpgradeRequest request, TargetSystem machine, ProgressReport progress,
        CancellationToken cancellationToken = default)
    {
        if (FindExisting(request, machine, cancellationToken) is { } existing) return existing;
        using var stream = OpenStream(request, cancellationToken);
        return new SystemUpgrade(request, machine, stream, isReset: false, progress, cancellationToken).Stage();
    }

    /// <summary>The switch to the staged image, after the checks that may have another result since it was staged.</summary>
    /// <exception cref="OperatorException">No image is staged, it is damaged, or the machine cannot switch to it.</exception>
    /// <exception cref="OperationCanceledException">As for an upgrade.</exception>
    public static UpgradeResult RunStaged(bool isRecovery, TargetSystem machine, ProgressReport progress,
        CancellationToken cancellationToken = default)
    {
        var recovery = isRecovery ? machine.Recovery : null;
        var request = StagedUpgrade.Request(recovery?.Path, machine.State.Path);
        return new SystemUpgrade(request, machine, null, isReset: false, progress, cancellationToken).SwitchToStaged(recovery?.Path);
    }

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
        writer.CheckSource();
        return SwitchTo(new FactorySwitch(machine.State.Path), () =>
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
        var recovery = request.IsRecovery ? machine.Recovery : null;
        return SwitchTo(SlotSwitch.Of(machine, recovery?.Path, writer.CheckSource()), () => { });
    }

    private UpgradeResult Stage()
    {
        var recovery = request.IsRecovery ? machine.Recovery : null;
        var slotSwitch = SlotSwitch.Of(machine, recovery?.Path, writer.CheckSource());
        IReadOnlyList<string> added = [];
        if (StagedUpgrade.IsOf(request, machine, cancellationToken))
        {
            slotSwitch.Check();
            writer.CheckWritten(slotSwitch.Staged);
            SetMark(slotSwitch, slotSwitch.Staged);
        }
        else
        {
            if (WriteNew(slotSwitch, out added) is { } existing) return existing;
            SetMark(slotSwitch, slotSwitch.Transition);
            slotSwitch.Stage(writer.Digest);
        }

        return new(Slot, SealedImage.Id(slotSwitch.Staged), Syscall.TryStat(slotSwitch.Staged)!.Value.Size, "the new image is staged",
            added, null)
        {
            NeedsReboot = false, IsStaged = true, Notes = notes, Warnings = reporter.Warnings,
        };
    }

    private UpgradeResult SwitchToStaged(string? recovery)
    {
        var slotSwitch = SlotSwitch.Of(machine, recovery, GrubReadable.Check(request.Image!));
        // After an interrupted switch, the image may have run already: it is not new any more.
        if (!slotSwitch.IsStagedInSlot)
        {
            slotSwitch.Check();
            StagedUpgrade.Verify(request.Image!, progress, cancellationToken);
            writer.CheckWritten(request.Image!);
            cancellationToken.ThrowIfCancellationRequested();
            slotSwitch.TakeStaged();
        }

        return Commit(slotSwitch, request.Image!, []);
    }

    private void SetMark(SlotSwitch slotSwitch, string image)
    {
        if (!request.IsRecovery) new UnassessedImages(slotSwitch, machine.State.Path).Set(SealedImage.Id(image), reporter.IsUnassessed);
    }

    // Switches to an image that the partition will have: after beforeSwitch, nothing can stop the switch but the disk.
    private UpgradeResult SwitchTo(SlotSwitch slotSwitch, Action beforeSwitch)
    {
        if (WriteNew(slotSwitch, out var added) is { } existing) return existing;
        beforeSwitch();
        return Commit(slotSwitch, slotSwitch.Transition, added);
    }

    // Writes the new image. Returns a result if it turns out that the machine already has it.
    private UpgradeResult? WriteNew(SlotSwitch slotSwitch, out IReadOnlyList<string> added)
    {
        if (!request.IsRecovery && SlotSwitch.Leftovers(machine.State.Path).Any(File.Exists))
            notes.Add("an earlier upgrade was interrupted; what it left is removed");
        added = writer.Write(slotSwitch);
        // A stream can be compared only now. A reset always writes.
        if (stream is null || slotSwitch is FactorySwitch
            || new ExistingImage(machine, cancellationToken).Find(slotSwitch.Transition, request.IsRecovery) is not { } found)
        {
            return null;
        }

        var existing = Existing(request, slotSwitch.Transition, found);
        slotSwitch.Clear();
        return existing;
    }

    private UpgradeResult Commit(SlotSwitch slotSwitch, string image, IReadOnlyList<string> added)
    {
        var (id, size) = (BootCounter.IdOf(ImageIdentity.Of(image)), Syscall.TryStat(image)!.Value.Size);
        var state = request.IsRecovery ? null : machine.State.Path;
        progress("switching", 1, 1);
        try
        {
            SetMark(slotSwitch, image);
            var outcome = slotSwitch.Commit();
            if (state is not null) new UnassessedImages(slotSwitch, state).Clean(slotSwitch.ImageIds());
            return new(Slot, id, size, outcome, added, state is null ? null : BootMenuUpdate.Apply(slotSwitch, state))
            {
                // After an interrupted switch, the image may be running.
                NeedsReboot = state is not null && !slotSwitch.HasNewName(machine.RunningImage),
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

    private string Slot => request.IsRecovery ? "recovery" : "active";
}
