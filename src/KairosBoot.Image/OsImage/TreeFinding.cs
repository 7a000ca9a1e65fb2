namespace KairosBoot.Image;

/// <summary>Something in a tree that prevents a boot.</summary>
/// <param name="Problem">What is wrong.</param>
/// <param name="Fix">How to fix it.</param>
/// <param name="IsWarning"><c>kboot image build</c> fixes it; another builder must do so itself.</param>
public sealed record TreeFinding(string Problem, string Fix, bool IsWarning);
