using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// A new image becomes active and passive, and the counters become those of a new machine. Only while the recovery system is running.
/// </summary>
/// <param name="state">Mount point of COS_STATE.</param>
public sealed class FactorySwitch(string state) : SlotSwitch(state, state + SystemPaths.BootState)
{
    private readonly string active = state + Slot.Active.Image(), passive = state + Slot.Passive.Image();

    // Holds the new passive image before the exchange, and the old one after it.
    private readonly string spare = state + "/cOS/passive.new";

    public override void Clear() => Remove(Cleared);

    protected override IReadOnlyList<string> Cleared => [Transition, spare];

    internal override (string Outcome, string Passive) Preview => ("active and passive are new", "");

    protected override IReadOnlyList<string> NewNames => [active];

    public override string Commit()
    {
        UpdateCounters(counters => counters.WithOneShot(Slot.Recovery));
        Change(() => Exchange(Transition, active));
        Change(() =>
        {
            Syscall.Link(active, spare);
            Exchange(spare, passive);
        });
        var image = Id(active);
        // A requested reset is not complete before its last stage: until then, recovery stays first.
        var isRequested = ResetRequestFile.IsPending(PathParts.ParentOf(Images));
        UpdateCounters(counters =>
        {
            var fresh = new BootCounters { Recovery = counters.Recovery }.WithNewImage(Slot.Active, image)
                .WithNewImage(Slot.Passive, image);
            return isRequested ? ResetRequest.Arm(fresh) : fresh;
        });
        Clear();
        return Preview.Outcome;
    }
}
