using KairosBoot.Execution;
using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Looks for the system of a tree among the images of a machine.</summary>
/// <param name="machine">The machine.</param>
/// <param name="tree">A directory; what is mounted in it is no part of it.</param>
/// <param name="cancellationToken">Ends it.</param>
public sealed class NodeImageSearch(TargetSystem machine, string tree, CancellationToken cancellationToken)
{
    /// <param name="isRecovery">Whether it is to be the recovery system.</param>
    /// <returns>Where it is; and in words, what tells the system apart that is there instead, or why the machine does not boot it.</returns>
    public (NodeImageStatus Place, string Why) Find(bool isRecovery)
    {
        if (isRecovery)
        {
            using var recovery = machine.FindRecovery();
            var image = new[] { SystemPaths.RecoveryImage, SystemPaths.OtherRecoveryImage }.Select(name => recovery.Path + name).FirstOrDefault(File.Exists);
            return image is null ? (NodeImageStatus.None, "the recovery partition has no image")
                : InImage(image) is { } other ? (NodeImageStatus.None, $"the recovery image differs: {other}") : (NodeImageStatus.There, "recovery already has this system");
        }

        using var root = OneFileSystem.Of(machine.Host + "/");
        // The same tree in recovery is no system to work with.
        var different = machine.IsRecovery ? "the recovery system is running" : Difference(root.Path) is { } difference ? $"the running system differs: {difference}" : null;
        if (different is null) return (NodeImageStatus.There, "the node already runs this system");
        using var state = machine.FindState();
        var active = state.Path + Slot.Active.Image();
        return Syscall.TryStat(active) is not { } file || (file.Device, file.Inode) == machine.RunningImage || InImage(active) is not null ? (NodeImageStatus.None, different)
            : Waiting(BootStateFile.Read(state.Path + SystemPaths.BootState).Counters);
    }

    private static (NodeImageStatus Place, string Why) Waiting(BootCounters counters) => counters switch
    {
        { Next: Slot.Active } => (NodeImageStatus.NextBoot, "active already has this system"),
        { Active.Left: > 0 } => (NodeImageStatus.PassedOver, $"the next slot to boot is {counters.Next?.Name() ?? "none"}"),
        { Fault: { Slot: Slot.Active } fault } => (NodeImageStatus.PassedOver, $"active is marked bad: {fault.Sentence}"),
        _ => (NodeImageStatus.PassedOver, "active has no tries left"),
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
        return new TreeComparison(wanted.Path, image, cancellationToken).Difference(scratch);
    }
}
