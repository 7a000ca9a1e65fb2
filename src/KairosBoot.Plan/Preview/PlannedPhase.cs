using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>A part of a planned boot, with the name that its time has in the report.</summary>
/// <param name="name">As in the member <c>phases</c> of report.json.</param>
/// <param name="title">What it does, as the end of a headline.</param>
/// <param name="acts">In order.</param>
public sealed class PlannedPhase(string name, string title, ImmutableArray<PlannedAct> acts)
{
    public string Name => name;
    public string Title => title;
    public ImmutableArray<PlannedAct> Acts => acts;
}
