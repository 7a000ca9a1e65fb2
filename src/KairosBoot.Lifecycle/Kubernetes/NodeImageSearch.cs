using KairosBoot.Execution;
using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Finds out whether a machine already has the system of a tree.</summary>
/// <param name="machine">The machine.</param>
/// <param name="tree">A directory. File systems mounted in it are not part of the tree.</param>
/// <param name="cancellationToken">Ends the search.</param>
public sealed class NodeImageSearch(TargetSystem machine, string tree, CancellationToken cancellationToken)
{
    /// <param name="isRecovery">Looks only at the recovery image.</param>
    /// <returns>The status, and the reason as a sentence: the first difference, or why the machine does not boot the system.</returns>
    public (NodeImageStatus Status, string Reason) Find(bool isRecovery)
    {
        if (isRecovery)
        {
            var recovery = machine.Recovery;
            var image = new[] { SystemPaths.RecoveryImage, SystemPaths.OtherRecoveryImage }.Select(name => recovery.Path + name)
                .FirstOrDefault(File.Exists);
            return image is null ? (NodeImageStatus.None, "the recovery partition has no image")
                : InImage(image) is { } other ? (NodeImageStatus.None, $"the recovery image differs: {other}")
                    : (NodeImageStatus.UpToDate, "recovery already has this system");
        }

        using var root = OneFileSystem.Of(machine.Host + "/");
        // A node that runs recovery is not up to date, even if recovery has the same tree.
        var different = machine.IsRecovery ? "the recovery system is running" : Difference(root.Path) is { } difference
            ? $"the running system differs: {difference}" : null;
        if (different is null) return (NodeImageStatus.UpToDate, "the node already runs this system");
        var state = machine.State;
        var active = state.Path + Slot.Active.Image();
        return Syscall.TryStat(active) is not { } file || (file.Device, file.Inode) == machine.RunningImage || InImage(active) is not null
            ? (NodeImageStatus.None, different)
            : InActive(BootStateFile.Read(state.Path + SystemPaths.BootState).Counters);
    }

    private static (NodeImageStatus Status, string Reason) InActive(BootCounters counters) => counters switch
    {
        { Next: Slot.Active } => (NodeImageStatus.NextBoot, "active already has this system"),
        { Active.Left: > 0 } => (NodeImageStatus.NotBooted, $"the next slot to boot is {counters.Next?.Name() ?? "none"}"),
        { Fault: { Slot: Slot.Active } fault } => (NodeImageStatus.NotBooted, $"active is marked bad: {fault.Sentence}"),
        _ => (NodeImageStatus.NotBooted, "active has no tries left"),
    };

    private string? InImage(string path)
    {
        try
        {
            using var mounted = MountedImage.Open(path, GrubReadable.Check(path));
            return Difference(mounted.Path);
        }
        catch (OperatorException damage)
        {
            return damage.Problem;
        }
    }

    private string? Difference(string image)
    {
        using var scratch = new TemporaryDirectory(Path.Combine(machine.ScratchDirectory, "kairosboot-compare"), cancellationToken);
        using var wanted = OneFileSystem.Of(tree);
        return new TreeComparison(wanted.Path, image, cancellationToken).FindDifference(scratch);
    }
}
