using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>A new image becomes the active one; the one that runs is passive afterwards, or stays so.</summary>
/// <param name="state">COS_STATE, mounted.</param>
/// <param name="running">Device and inode of the image that runs; null: none of these.</param>
/// <param name="isRecovery">The system that runs is that of the recovery partition.</param>
public sealed class ActiveSwitch(string state, (ulong Device, ulong Inode)? running, bool isRecovery) : SlotSwitch(state, state + SystemPaths.BootState)
{
    private readonly string active = state + Slot.Active.Image(), passive = state + Slot.Passive.Image();

    // The new passive image while it is made; then the old one, until nothing needs it any more.
    private readonly string spare = state + "/cOS/passive.new";

    // An image that runs and that nothing is to come back to: without a name, it would keep the partition from being read-only until the reboot.
    private readonly string replaced = state + "/cOS/replaced.img";

    // By the image itself: an earlier upgrade may have moved it since the boot.
    private Slot? Runs => isRecovery ? Slot.Recovery : Is(passive, running) ? Slot.Passive : Is(active, running) ? Slot.Active : null;

    private bool Moves
    {
        get
        {
            var pinned = Counters.Pinned;
            bool Holds(string image) => pinned.Length > 0 && IsThere(image) && Id(image) == pinned;
            var moves = UpgradeRules.ActiveBecomesPassive(Runs, Counters, IsThere(passive), Holds(passive) ? Slot.Passive : Holds(active) ? Slot.Active : null);
            return moves && IsThere(active);
        }
    }

    public override void Check() => _ = Moves;

    public override void Clear()
    {
        if (Is(Transition, running) && Syscall.TryLStat(Transition)!.Value.Links == 1)
            Change(() => Syscall.Rename(Transition, replaced));
        Remove([Transition, spare, .. Is(replaced, running) ? (string[])[] : [replaced]]);
    }

    public override string Commit()
    {
        var (runs, moves, image) = (Runs, Moves, Id(Transition));
        if (moves)
        {
            Count(counters => counters.WithOneShot(runs == Slot.Recovery ? runs : Slot.Active));
            Change(() =>
            {
                Syscall.Link(active, spare);
                Exchange(spare, passive);
            });
            Count(counters => counters.PassiveFromActive(Id(passive)));
        }

        Slot? steady = runs == Slot.Recovery ? runs : IsThere(passive) ? Slot.Passive : null;
        Count(counters => counters.WithNewImage(Slot.Active, image).WithOneShot(steady));
        Change(() => Exchange(Transition, active));
        Count(counters => counters.WithOneShot(null) with { First = Slot.Active });
        Clear();
        return moves ? "active is new, passive is what was active" : "active is new, passive is as before";
    }
}
