using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A new image becomes the active one; the one that runs is passive afterwards, or stays so.</summary>
/// <param name="state">COS_STATE, mounted.</param>
/// <param name="running">Device and inode of the image that runs; null: none of these.</param>
/// <param name="isRecovery">The system that runs is that of the recovery partition.</param>
public sealed class ActiveTurnover(string state, (ulong Device, ulong Inode)? running, bool isRecovery) : ImageTurnover(state, state + SystemPaths.BootState)
{
    private readonly string active = state + Slot.Active.Image(), passive = state + Slot.Passive.Image();

    // The new passive image while it is made; then the old one, until nothing needs it any more.
    private readonly string spare = state + "/cOS/passive.new";

    public override void Clear() => Remove(Transition, spare);

    public override string Commit()
    {
        // By the image itself: an earlier upgrade may have moved it since the boot.
        Slot? runs = isRecovery ? Slot.Recovery : Is(passive, running) ? Slot.Passive : Is(active, running) ? Slot.Active : null;
        var image = Id(Transition);
        var moves = IsThere(active) && UpgradeRules.ActiveBecomesPassive(runs, Counters, IsThere(passive));
        if (moves)
        {
            Count(counters => counters.While(runs == Slot.Recovery ? runs : Slot.Active));
            Change(() =>
            {
                Syscall.Link(active, spare);
                Exchange(spare, passive);
            });
            Count(counters => counters.PassiveFromActive(Id(passive)));
        }

        Slot? steady = runs == Slot.Recovery ? runs : IsThere(passive) ? Slot.Passive : null;
        Count(counters => counters.Arm(Slot.Active, image).While(steady));
        Change(() => Exchange(Transition, active));
        Count(counters => counters.While(null) with { First = Slot.Active });
        Clear();
        return moves ? "active is new, passive is what was active" : "active is new, passive is as before";
    }
}
