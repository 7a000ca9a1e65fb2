using System.Collections.Immutable;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>A planned boot, what it assumes, and why it would not work.</summary>
/// <param name="request">What the kernel command line asks for.</param>
/// <param name="phases">What the boot does.</param>
public sealed class BootPreview(BootRequest request, ImmutableArray<PlannedPhase> phases)
{
    public BootRequest Request => request;
    public ImmutableArray<PlannedPhase> Phases => phases;

    /// <summary>What is taken as given, a sentence each.</summary>
    public ImmutableArray<string> Assumptions { get; init; } = [];

    public ImmutableArray<PlanProblem> Problems { get; init; } = [];

    /// <summary>On a node: the slots in the order in which boots reach them. Empty: the order is not known.</summary>
    public ImmutableArray<SlotTurn> Slots { get; init; } = [];

    /// <summary>On a node: what happens when no slot is left, as a sentence.</summary>
    public string? End { get; init; }

    /// <summary>On a node: the checks that were made, and the worst that each found.</summary>
    public ImmutableArray<CheckedItem> Checks { get; init; } = [];

    /// <summary>A shell script: headlines and reasons are comments, and each step is the command that does the same.</summary>
    public string ToText() =>
        Headline() + string.Concat(Checks.Select(check => $"# check {check.Name}: {check.ResultName}\n")) + Script();

    /// <summary>The lines of <see cref="ToText"/> before the checks.</summary>
    public string Headline()
    {
        var text = new StringBuilder($"# {request.Slot.Name()} from {CommentText.OneLine(request.ImagePath)}\n");
        foreach (var turn in Slots) text.Append($"# slot {turn.Slot.Name()}: {turn.TriesLeft.ToString()} tries left; {turn.Reason}\n");
        if (End is not null) text.Append($"# {End}\n");
        return text.ToString();
    }

    /// <summary>The lines after the checks.</summary>
    public string Script()
    {
        var text = new StringBuilder();
        foreach (var assumption in Assumptions) text.Append($"# assumed: {CommentText.OneLine(assumption)}\n");
        foreach (var phase in phases)
        {
            text.Append($"\n# {phase.Name}: {phase.Title}\n");
            foreach (var act in phase.Acts) text.Append(act.Line).Append('\n');
        }

        return text.ToString();
    }
}
