namespace KairosBoot.Plan;

/// <summary>Something that the person at the keyboard can mend: what went wrong, and what to do about it.</summary>
/// <param name="problem">What went wrong and where, as a sentence without a full stop.</param>
/// <param name="fix">What to do about it, as a sentence without a full stop.</param>
public sealed class OperatorException(string problem, string fix) : Exception(problem)
{
    public string Problem { get; } = problem;

    public string Fix { get; } = fix;
}
