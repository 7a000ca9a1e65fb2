namespace KairosBoot.Image;

/// <summary>Something in a tree that stands in the way of a boot.</summary>
/// <param name="Problem">What it is.</param>
/// <param name="Fix">What to do.</param>
/// <param name="IsWarning"><c>kboot image build</c> sees to it; another builder has to.</param>
public sealed record TreeFinding(string Problem, string Fix, bool IsWarning);
