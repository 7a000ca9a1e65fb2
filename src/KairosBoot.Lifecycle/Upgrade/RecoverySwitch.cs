using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>A new image becomes the recovery image; the previous one is kept as <c>recovery.old</c> until the next upgrade.</summary>
/// <param name="recovery">Mount point of COS_RECOVERY.</param>
/// <param name="state">Mount point of COS_STATE, with the counters.</param>
/// <param name="running">Device and inode of the running image; null: it is not on this disk.</param>
/// <param name="isSquashfs">The format of the new image, which decides its file name.</param>
public sealed class RecoverySwitch(string recovery, string state, (ulong Device, ulong Inode)? running, bool isSquashfs)
    : SlotSwitch(recovery, state + SystemPaths.BootState)
{
    private readonly string old = recovery + "/cOS/recovery.old";
    private readonly string squashfs = recovery + SystemPaths.RecoveryImage, other = recovery + SystemPaths.OtherRecoveryImage;

    // An interrupted switch between formats may have left both names. The squashfs is the one that boots; the partition has room for two
    // images.
    protected override IReadOnlyList<string> Cleared =>
        [Transition, old, .. Exists(squashfs) && Exists(other) ? (string[])[other] : []];

    /// <exception cref="OperatorException">The image to remove is the running one.</exception>
    public override void Check()
    {
        if (Cleared.Any(path => Is(path, running)))
        {
            throw new OperatorException("the running recovery image was already replaced once, and it is the one to return to",
                "reboot, then upgrade recovery again");
        }
    }

    /// <exception cref="OperatorException">The image to remove is the running one.</exception>
    public override void Clear()
    {
        Check();
        Remove(Cleared);
    }

    internal override (string Outcome, string Passive) Preview => (Outcome(isKept: Exists(squashfs) || Exists(other)), "");

    private static string Outcome(bool isKept) =>
        isKept ? "recovery is new, the one before is kept as recovery.old" : "recovery is new";

    protected override IReadOnlyList<string> NewNames => [squashfs, other];

    public override string Commit()
    {
        var (counters, isInSlot) = (Counters, IsStagedInSlot);
        // Do not boot recovery while its image changes.
        UpdateCounters(before => before.WithOneShot(counters.NextExcept([Slot.Recovery])));
        Change(() =>
        {
            var (name, gone) = isSquashfs ? (squashfs, other) : (other, squashfs);
            if (!isInSlot) Exchange(Transition, name);
            if (Exists(gone) && !Exists(Transition)) Syscall.Rename(gone, Transition);
        });
        Change(() =>
        {
            if (Exists(Transition)) Exchange(Transition, old);
        });
        UpdateCounters(before => before.WithNewImage(Slot.Recovery, "").WithOneShot(null));
        Remove(Transition);
        RemoveStaged();
        return Outcome(isKept: Exists(old));
    }
}
