namespace KairosBoot.Image;

/// <summary>Something in a tree that prevents a boot, or that makes each boot count as a failed one.</summary>
/// <param name="Problem">What is wrong.</param>
/// <param name="Fix">How to fix it.</param>
/// <param name="IsWarning">An image can be built from the tree: <c>kboot image build</c> fixes it, or warns too.</param>
public sealed record TreeFinding(string Problem, string Fix, bool IsWarning);
