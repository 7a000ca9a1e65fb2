namespace KairosBoot.Image;

/// <summary>A part of a file that has data. Between two regions is a hole.</summary>
/// <param name="Offset">In the file, in bytes.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct SparseRegion(long Offset, long Length);
