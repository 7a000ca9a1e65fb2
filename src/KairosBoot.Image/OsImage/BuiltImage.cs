namespace KairosBoot.Image;

/// <summary>The result of an image build.</summary>
/// <param name="SizeBytes">Size of the file.</param>
/// <param name="Id">Its id, as <c>kboot status</c> shows it. The same input has the same id.</param>
/// <param name="Added">Files that were added to the tree, as text for the user.</param>
public sealed record BuiltImage(long SizeBytes, string Id, IReadOnlyList<string> Added)
{
    /// <summary>What is probably not meant in the tree.</summary>
    public IReadOnlyList<TreeFinding> Warnings { get; init; } = [];
}
