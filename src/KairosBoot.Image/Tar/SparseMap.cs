using System.Globalization;

namespace KairosBoot.Image;

/// <summary>Where the content of a file goes. A file without holes has one region.</summary>
/// <param name="Regions">In order, without overlaps. Each but the last has whole blocks.</param>
/// <param name="Size">Bytes of the file.</param>
internal sealed record SparseMap(IReadOnlyList<SparseRegion> Regions, long Size)
{
    private const int OldHeaderAt = 386, OldHeaderRegions = 4, OldExtensionRegions = 21, FieldLength = 12;
    private const int MaxRegions = 1 << 20, MaxDigits = 19;

    internal static readonly SparseMap Empty = new([], 0);

    internal static SparseMap Whole(long size) => new([new SparseRegion(0, size)], size);

    /// <summary>Checks a map against the size of its data in the archive.</summary>
    /// <exception cref="TarProblem">Programs would disagree about the content.</exception>
    internal static SparseMap Check(IReadOnlyList<SparseRegion> regions, long size, long archived)
    {
        long end = 0, data = 0;
        foreach (var region in regions)
        {
            // Data before a region that is not the last has no padding in some programs, and has it in others.
            if (region.Offset < end || region.Length > TarHeader.MaxSize - region.Offset || data % TarHeader.BlockSize != 0)
                throw TarProblem.Damage("the map of a sparse file is not in order");
            end = region.Offset + region.Length;
            data += region.Length;
        }

        return end == size && data == archived ? new SparseMap(regions, size)
            : throw TarProblem.Damage("the map of a sparse file does not fit its size");
    }

    /// <summary>Reads the map of GNU tar's type S, which continues in blocks after the header.</summary>
    /// <param name="header">The header block.</param>
    /// <param name="readBlock">Reads the next block.</param>
    internal static SparseMap ReadOld(TarHeader header, Func<byte[]> readBlock)
    {
        var regions = new List<SparseRegion>();
        var size = TarNumber.Parse(header.Part(483, FieldLength), "realsize", 0, TarHeader.MaxSize);
        var more = AddOld(regions, header.Part(OldHeaderAt, OldHeaderRegions * 2 * FieldLength)) && header.Part(482, 1)[0] != 0;
        while (more)
        {
            var block = readBlock();
            more = AddOld(regions, block.AsSpan(0, OldExtensionRegions * 2 * FieldLength)) && block[504] != 0;
            if (regions.Count > MaxRegions) throw TooManyRegions();
        }

        return Check(regions, size, header.Size);
    }

    // False: the list ends here.
    private static bool AddOld(List<SparseRegion> regions, ReadOnlySpan<byte> entries)
    {
        for (; entries.Length > 0; entries = entries[(2 * FieldLength)..])
        {
            if (entries[FieldLength] == 0) return false;
            regions.Add(new SparseRegion(TarNumber.Parse(entries[..FieldLength], "offset", 0, TarHeader.MaxSize),
                TarNumber.Parse(entries[FieldLength..(2 * FieldLength)], "numbytes", 0, TarHeader.MaxSize)));
        }

        return true;
    }

    /// <summary>Reads the map at the start of the content (format 1.0): decimal numbers, one a line, padded to full blocks.</summary>
    /// <param name="size">Bytes of the file.</param>
    /// <param name="archived">Bytes of map and data in the archive.</param>
    /// <param name="readBlock">Reads the next block.</param>
    internal static SparseMap ReadFromContent(long size, long archived, Func<byte[]> readBlock)
    {
        var block = Array.Empty<byte>();
        var at = 0;
        var count = Next();
        if (count > MaxRegions) throw TooManyRegions();
        var regions = new List<SparseRegion>();
        for (long i = 0; i < count; i++) regions.Add(new SparseRegion(Next(), Next()));
        return Check(regions, size, archived);

        long Next()
        {
            Span<char> digits = stackalloc char[MaxDigits + 1];
            for (var length = 0; length <= MaxDigits; length++)
            {
                if (at == block.Length)
                {
                    (block, at) = (archived >= TarHeader.BlockSize ? readBlock() : throw Malformed(), 0);
                    archived -= TarHeader.BlockSize;
                }

                var next = (char)block[at++];
                if (next == '\n' && long.TryParse(digits[..length], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                    return number;
                digits[length] = next;
            }

            throw Malformed();
        }
    }

    private static TarProblem Malformed() => TarProblem.Damage("the map of a sparse file is not a list of numbers");

    private static TarProblem TooManyRegions() =>
        TarProblem.Refusal($"is a sparse file with more than {MaxRegions} regions", "pack it without the option --sparse");
}
