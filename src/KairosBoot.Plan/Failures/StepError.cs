namespace KairosBoot.Plan;

/// <summary>Why a step failed, and how to fix it: there is no error without a fix.</summary>
/// <param name="problem">What failed, as a sentence without a full stop.</param>
/// <param name="fix">How to fix it, as an imperative without a full stop.</param>
public sealed class StepError(string problem, string fix)
{
    public string Problem { get; } = problem;

    public string Fix { get; } = fix;

    public override string ToString() => Problem + "; to fix: " + Fix;
}
