namespace KairosBoot.Image;

/// <summary>What became of an image build.</summary>
/// <param name="SizeBytes">Of the file.</param>
/// <param name="Added">What was put in that the tree had not, as text for the user.</param>
public sealed record BuiltImage(long SizeBytes, IReadOnlyList<string> Added);
