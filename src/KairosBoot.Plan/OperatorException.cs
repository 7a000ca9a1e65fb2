namespace KairosBoot.Plan;

/// <summary>A fault that an operator can fix: what failed, and how to fix it.</summary>
/// <param name="problem">What failed and where, as a sentence without a full stop.</param>
/// <param name="fix">How to fix it, as an imperative without a full stop.</param>
public sealed class OperatorException(string problem, string fix) : Exception(problem)
{
    public string Problem { get; } = problem;

    public string Fix { get; } = fix;
}
