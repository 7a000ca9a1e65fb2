namespace KairosBoot.Image;

/// <summary>Something in a tree that prevents a boot, or that is probably not meant.</summary>
/// <param name="Problem">What is wrong.</param>
/// <param name="Fix">How to fix it.</param>
/// <param name="Kind">Whether the tree can become an image.</param>
public sealed record TreeFinding(string Problem, string Fix, FindingKind Kind)
{
    /// <summary>It does not prevent that an image is built.</summary>
    public bool IsWarning => Kind != FindingKind.Error;
}
