namespace KairosBoot.Plan;

/// <summary>
/// Answers whether there is anything on a whole disk. A disk is blank if no place where formats keep their marks has data.
/// </summary>
/// <param name="diskBytes">Size of the disk.</param>
/// <param name="blockSize">Bytes of a logical block: 512 or 4096.</param>
/// <param name="read">Reads that many bytes from that offset; fewer at the end of the disk.</param>
public sealed class DiskContents(long diskBytes, int blockSize, Func<long, int, byte[]> read)
{
    /// <summary>A disk that is not blank, and has no mark that this program knows, has data in so many bytes at one of its ends.</summary>
    public const int Window = DiskMarks.Window;

    /// <summary>
    /// The formats with marks on the disk, apart from those that <see cref="SuperblockProbe"/> knows and from partitions.
    /// </summary>
    public IReadOnlyList<string> Marks() => DiskMarks.Find(diskBytes, read);

    /// <summary>A partition table without partitions; null: there is none.</summary>
    public string? EmptyTable()
    {
        var start = read(0, blockSize * 2);
        if (start.Length < blockSize * 2) return null;
        return Gpt.ReadHeader(start.AsSpan(blockSize)) is not null || Gpt.ReadHeader(read(diskBytes - blockSize, blockSize)) is not null
            ? "a GPT partition table without partitions"
            : start[510] == 0x55 && start[511] == 0xAA ? "a master boot record without partitions" : null;
    }

    /// <summary>Where the first data in the windows is; null: the disk is blank.</summary>
    public string? UnknownData()
    {
        var length = (int)Math.Min(Window, diskBytes);
        foreach (var offset in (ReadOnlySpan<long>)[0, diskBytes - length])
        {
            var at = read(offset, length).AsSpan().IndexOfAnyExcept((byte)0);
            if (at >= 0) return $"data of an unknown format (the first byte is at offset {offset + at})";
        }

        return null;
    }
}
