namespace KairosBoot.Image;

/// <summary>What became of an image build.</summary>
/// <param name="SizeBytes">Of the file.</param>
/// <param name="Id">What tells it from others, as <c>kboot status</c> shows it. The same input has the same.</param>
/// <param name="Added">What was put in that the tree had not, as text for the user.</param>
public sealed record BuiltImage(long SizeBytes, string Id, IReadOnlyList<string> Added);
