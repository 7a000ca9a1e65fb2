using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// A new image becomes active. The running image becomes or stays passive, unless the other one is the only one that is good.
/// </summary>
/// <param name="state">Mount point of COS_STATE.</param>
/// <param name="running">Device and inode of the running image; null: it is not on this disk.</param>
/// <param name="isRecovery">The recovery system is running.</param>
public sealed class ActiveSwitch(string state, (ulong Device, ulong Inode)? running, bool isRecovery)
    : SlotSwitch(state, state + SystemPaths.BootState)
{
    private readonly string active = state + Slot.Active.Image(), passive = state + Slot.Passive.Image();

    // Holds the new passive image before the exchange, and the old one after it, until it is removed.
    private readonly string spare = state + "/cOS/passive.new";

    // Holds a running image that no slot needs any more. If it were unlinked, the partition could not become read-only until the reboot.
    private readonly string replaced = state + "/cOS/replaced.img";

    // Compared by inode: an upgrade since the boot may have moved the running image to another slot.
    private Slot? RunningSlot =>
        isRecovery ? Slot.Recovery : Is(passive, running) ? Slot.Passive : Is(active, running) ? Slot.Active : null;

    private bool ActiveBecomesPassive
    {
        get
        {
            var images = ImmutableArray.CreateBuilder<(Slot, string?)>();
            if (Exists(active)) images.Add((Slot.Active, Id(active)));
            if (Exists(passive)) images.Add((Slot.Passive, Id(passive)));
            // A counter may still belong to an image that was replaced by other means.
            var counters = Counters.SyncWithImages(images.ToImmutable());
            var pinned = counters.Pinned;
            bool Holds(string image) => pinned.Length > 0 && Exists(image) && Id(image) == pinned;
            var moves = UpgradeRules.ActiveBecomesPassive(RunningSlot, counters, Exists(passive),
                Holds(passive) ? Slot.Passive : Holds(active) ? Slot.Active : null);
            return moves && Exists(active);
        }
    }

    public override void Check() => _ = ActiveBecomesPassive;

    public override void Clear()
    {
        foreach (var leftover in (string[])[Transition, spare])
        {
            if (Is(leftover, running) && Syscall.TryLStat(leftover)!.Value.Links == 1)
                Change(() => Syscall.Rename(leftover, replaced));
        }

        Remove(Cleared);
    }

    protected override IReadOnlyList<string> Cleared => [Transition, spare, .. Is(replaced, running) ? (string[])[] : [replaced]];

    internal override (string Outcome, string Passive) Preview =>
        ActiveBecomesPassive ? (Outcome(moves: true), Id(active)) : (Outcome(moves: false), Exists(passive) ? Id(passive) : "");

    // Also a value in the JSON of kboot upgrade, which scripts compare.
    private static string Outcome(bool moves) =>
        moves ? "active is new, passive is what was active" : "active is new, passive is as before";

    protected override IReadOnlyList<string> NewNames => [active];

    public override string Commit()
    {
        if (IsStagedInSlot)
        {
            Finish();
            return Outcome(moves: false);
        }

        var (running, moves, image) = (RunningSlot, ActiveBecomesPassive, Id(Transition));
        if (moves)
        {
            UpdateCounters(counters => counters.WithOneShot(running == Slot.Recovery ? running : Slot.Active));
            Change(() =>
            {
                Syscall.Link(active, spare);
                Exchange(spare, passive);
            });
            UpdateCounters(counters => counters.PassiveFromActive(Id(passive)));
        }

        Slot? unchanged = running == Slot.Recovery ? running : Exists(passive) ? Slot.Passive : null;
        UpdateCounters(counters => counters.WithNewImage(Slot.Active, image).WithOneShot(unchanged));
        Change(() => Exchange(Transition, active));
        Finish();
        return Outcome(moves);
    }

    private void Finish()
    {
        UpdateCounters(counters => counters.WithOneShot(null) with { First = Slot.Active });
        if (HasKairosMenu && Exists(passive)) Change(() => ImageLabel.Replace(passive, "COS_ACTIVE", "COS_PASSIVE"));
        Clear();
        RemoveStaged();
    }
}
