using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// An upgrade from its source to the switch. Before the switch nothing of the running system changes: the new image is written beside the others, and is gone
/// again where anything fails.
/// </summary>
public sealed class SystemUpgrade
{
    private readonly UpgradeRequest request;
    private readonly TargetSystem machine;
    private readonly ProgressReport progress;
    private readonly CancellationToken cancellationToken;
    private readonly IReadOnlyList<string> mountPoints;

    private SystemUpgrade(UpgradeRequest request, TargetSystem machine, ProgressReport progress, CancellationToken cancellationToken)
    {
        (this.request, this.machine, this.progress, this.cancellationToken) = (request, machine, progress, cancellationToken);
        mountPoints = machine.MountPoints();
    }

    /// <exception cref="OperatorException">The image would not boot here, there is no room for it, the disk fails, another upgrade is at work.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> came; the system is as it was.</exception>
    public static UpgradeResult Run(UpgradeRequest request, TargetSystem machine, ProgressReport progress, CancellationToken cancellationToken = default) =>
        new SystemUpgrade(request, machine, progress, cancellationToken).Run();

    /// <summary>Active and passive anew, and the counters, while recovery runs.</summary>
    /// <param name="request">The new system; null: that of recovery.</param>
    /// <param name="machine">It runs recovery.</param>
    /// <param name="labels">Partitions to be made empty.</param>
    /// <param name="progress">Told all the while.</param>
    /// <param name="cancellationToken">Ends it; before the new image is complete, with the system as it was.</param>
    /// <exception cref="OperatorException">As above; or another system than recovery runs, or a partition is in use.</exception>
    public static UpgradeResult Reset(UpgradeRequest? request, TargetSystem machine, IReadOnlyList<string> labels, ProgressReport progress, CancellationToken cancellationToken = default)
    {
        if (!machine.IsRecovery)
            throw new OperatorException("a reset is the recovery system's to do, and this is not it", "kboot select recovery --once, reboot, and run it there");

        // Before anything is written: one that is in use is no reset.
        var partitions = labels.Select(label => new PartitionReset(label)).ToList();
        return new SystemUpgrade(request ?? Itself(), machine, progress, cancellationToken).Reset(partitions);
    }

    private static UpgradeRequest Itself()
    {
        var image = new[] { SystemPaths.RecoveryImage, SystemPaths.OtherRecoveryImage }.Select(path => SystemPaths.State + path).First(path => Syscall.TryStat(path) is not null);
        return new(image, null, null, null, IsRecovery: false, KBoot: null);
    }

    private UpgradeResult Reset(IReadOnlyList<PartitionReset> partitions)
    {
        using var state = machine.FindState();
        if (request.Image is not null) ImagePreflight.CheckImage(request.Image, mountPoints);
        return SwitchTo(new FactorySwitch(state.Path), "active", state.Path, () =>
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
        using var state = machine.FindState();
        using var recovery = request.IsRecovery ? machine.FindRecovery() : null;
        var isSquashfs = request.Image is null ? request.Format == ImageFormat.Squashfs : ImagePreflight.CheckImage(request.Image, mountPoints) == "squashfs";
        return recovery is null
            ? SwitchTo(new ActiveSwitch(state.Path, machine.RunningImage, machine.IsRecovery), "active", state.Path, () => { })
            : SwitchTo(new RecoverySwitch(recovery.Path, state.Path, machine.RunningImage, isSquashfs), "recovery", null, () => { });
    }

    private UpgradeResult SwitchTo(SlotSwitch turnover, string slot, string? menu, Action beforeSwitch)
    {
        var added = Write(turnover);
        var (id, size) = (BootCounter.IdOf(ImageIdentity.Of(turnover.Transition)), Syscall.TryStat(turnover.Transition)!.Value.Size);
        beforeSwitch();
        progress("switching", 1, 1);
        try
        {
            var outcome = turnover.Commit();
            return new(slot, id, size, outcome, added, menu is null ? null : MenuUpgrade.Apply(turnover, menu));
        }
        catch (SyscallException failure)
        {
            throw new OperatorException($"the new image is written, and the switch to it did not come to its end: {failure.Message}",
                "run it again; where the disk or its controller is failing, replace it: at every step of it there are whole images to boot");
        }
    }

    private IReadOnlyList<string> Write(SlotSwitch turnover)
    {
        turnover.Check();
        turnover.Clear();
        try
        {
            IReadOnlyList<string> added = [];
            turnover.Change(() => added = Fill(new TransitionImage(turnover.Transition, progress, cancellationToken), turnover.Transition));
            new TransitionImage(turnover.Transition, progress, cancellationToken).ReadBack(request.Image);
            ImagePreflight.CheckImage(turnover.Transition, mountPoints);
            cancellationToken.ThrowIfCancellationRequested();
            return added;
        }
        catch (Exception failure)
        {
            TryClear(turnover);
            if (failure is SyscallException call && Explain(call, turnover.Transition) is { } explained)
                throw explained;
            throw;
        }
    }

    private IReadOnlyList<string> Fill(TransitionImage transition, string path)
    {
        if (request.Image is not null)
        {
            transition.CopyFrom(request.Image);
            return [];
        }

        using var scratch = new TemporaryDirectory(beside: Path.Combine(machine.ScratchDirectory, "kairosboot-upgrade"), cancellationToken);
        using var root = request.Root is null ? null : OneFileSystem.Of(request.Root);
        progress("unpacking", 0, 1);
        var tree = root is not null ? new SourceTree(root.Path, [], Disposable: false)
            : request.Tar is not null ? TarExtraction.Extract(request.Tar, scratch.File("root"), cancellationToken)
            : OciImage.Unpack(request.Oci!, scratch);
        ImagePreflight.CheckTree(tree.Path, mountPoints);
        progress("building", 0, 1);
        var build = new ImageRequest(tree.Path, null, request.Format, SizeBytes: null, Kernel: null, InitrdRequest.DefaultModules, Init: null, request.KBoot) { Allocate = true };
        var built = ImageBuilder.Build(build, tree, path, scratch);
        transition.Settle();
        return built.Added;
    }

    // Whatever was wrong before is what the user reads, and the next upgrade clears too.
    private static void TryClear(SlotSwitch turnover)
    {
        try
        {
            turnover.Clear();
        }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
        }
    }

    private OperatorException? Explain(SyscallException failure, string path) => failure.Errno switch
    {
        Errno.ENOSPC => new($"there is no room for the new image on the partition of {path}: {failure.Message}", "make the image smaller, or the partition larger: it has to hold three images; the system is as it was"),
        Errno.EIO when failure.Path == request.Image => new($"{failure.Path} cannot be read: {failure.Message}", "copy it again, from another disk; the system is as it was"),
        Errno.EIO => new($"the disk does not take the new image: {failure.Message}", "the disk or its controller is failing: replace it; the system is as it was"),
        Errno.EROFS or Errno.EUCLEAN => new($"the partition of {path} cannot be written: {failure.Message}", "check its file system from recovery: e2fsck -f; the system is as it was"),
        _ => null,
    };
}
