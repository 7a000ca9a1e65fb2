using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>A new recovery image; the one before is kept as <c>recovery.old</c> until the next.</summary>
/// <param name="recovery">COS_RECOVERY, mounted.</param>
/// <param name="state">COS_STATE, mounted, where the counters are.</param>
/// <param name="running">Device and inode of the image that runs; null: none of these.</param>
/// <param name="isSquashfs">What the new image is: GRUB and kairos-boot know it by its name.</param>
public sealed class RecoverySwitch(string recovery, string state, (ulong Device, ulong Inode)? running, bool isSquashfs)
    : SlotSwitch(recovery, state + SystemPaths.BootState)
{
    private readonly string old = recovery + "/cOS/recovery.old";
    private readonly string squashfs = recovery + SystemPaths.RecoveryImage, other = recovery + SystemPaths.OtherRecoveryImage;

    /// <exception cref="OperatorException">The image that would go is the one that runs.</exception>
    public override void Clear()
    {
        // A turnover between two kinds may have stopped with both there: the one that is found first counts. The partition has room for two images.
        string[] leftovers = [Transition, old, .. IsThere(squashfs) && IsThere(other) ? (string[])[other] : []];
        if (leftovers.Any(path => Is(path, running)))
            throw new OperatorException("the recovery system that runs has been replaced already, and its image is the one to come back to", "reboot before the next upgrade of recovery");
        Remove(leftovers);
    }

    public override string Commit()
    {
        var counters = Counters;
        // Not itself, while it changes.
        Count(before => before.WithOneShot(counters.NextExcept([Slot.Recovery])));
        Change(() =>
        {
            var (name, gone) = isSquashfs ? (squashfs, other) : (other, squashfs);
            Exchange(Transition, name);
            if (IsThere(gone) && !IsThere(Transition)) Syscall.Rename(gone, Transition);
        });
        Change(() =>
        {
            if (IsThere(Transition)) Exchange(Transition, old);
        });
        Count(before => before.WithNewImage(Slot.Recovery, "").WithOneShot(null));
        Remove(Transition);
        return IsThere(old) ? "recovery is new, the one before is kept as recovery.old" : "recovery is new";
    }
}
