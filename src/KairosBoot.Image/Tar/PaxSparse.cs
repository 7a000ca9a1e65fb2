namespace KairosBoot.Image;

/// <summary>The records of a sparse file in the three PAX formats of GNU tar (manual, "Storing Sparse Files").</summary>
internal sealed class PaxSparse
{
    private long? offset; // of the region whose length follows: format 0.0

    internal string? Name { get; set; }

    internal long? RealSize { get; set; }

    internal long? Major { get; set; }

    internal long? Minor { get; set; }

    internal long? Count { get; set; }

    /// <summary>The map of the formats 0.0 and 0.1. Format 1.0 has it in the content.</summary>
    internal List<SparseRegion> Regions { get; } = [];

    internal void AddOffset(long number) =>
        offset = offset is null ? number : throw TarProblem.Damage("the map of a sparse file has two offsets in a row");

    internal void AddLength(long number)
    {
        Regions.Add(new SparseRegion(offset ?? throw TarProblem.Damage("the map of a sparse file has a length without an offset"), number));
        offset = null;
    }

    /// <summary>Whether the map is at the start of the content: format 1.0.</summary>
    /// <exception cref="TarProblem">The records contradict each other, or are of an unknown format.</exception>
    internal bool HasMapInContent()
    {
        if (Major is 1 && Minor is 0) return Regions.Count == 0 && RealSize is not null ? true : throw Contradiction();
        if (Major is not (null or 0) || Minor is not (null or 0 or 1))
        {
            throw TarProblem.Refusal($"is a sparse file of the unknown format {Major}.{Minor}", "pack it again with GNU tar");
        }

        return Regions.Count > 0 && Regions.Count == Count && offset is null && RealSize is not null ? false : throw Contradiction();
    }

    private static TarProblem Contradiction() => TarProblem.Damage("the records of a sparse file are incomplete");
}
