namespace KairosBoot.Plan;

/// <summary>Why a planned boot would not work, or would not do what is probably meant.</summary>
/// <param name="subject">What it is about: a slot, a config, the machine. Empty: the whole.</param>
/// <param name="problem">What is wrong.</param>
/// <param name="fix">One imperative sentence.</param>
/// <param name="isWarning">The boot works.</param>
public sealed class PlanProblem(string subject, string problem, string fix, bool isWarning)
{
    public string Subject => subject;
    public string Problem => problem;
    public string Fix => fix;
    public bool IsWarning => isWarning;

    /// <summary>The problem with what it is about.</summary>
    public string Text => subject.Length == 0 ? problem : $"{subject}: {problem}";
}
