using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>A new image becomes active and passive, and the counters are those of a new machine. While recovery runs.</summary>
/// <param name="state">COS_STATE, mounted.</param>
public sealed class FactorySwitch(string state) : SlotSwitch(state, state + SystemPaths.BootState)
{
    private readonly string active = state + Slot.Active.Image(), passive = state + Slot.Passive.Image();

    // The new passive image while it is made; then the old one.
    private readonly string spare = state + "/cOS/passive.new";

    public override void Clear() => Remove(Transition, spare);

    public override string Commit()
    {
        Count(counters => counters.WithOneShot(Slot.Recovery));
        Change(() => Exchange(Transition, active));
        Change(() =>
        {
            Syscall.Link(active, spare);
            Exchange(spare, passive);
        });
        var image = Id(active);
        Count(counters => new BootCounters { Recovery = counters.Recovery }.WithNewImage(Slot.Active, image).WithNewImage(Slot.Passive, image));
        Clear();
        return "active and passive are new";
    }
}
