using System.Buffers.Binary;
using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// A whole GPT. Layout: UEFI specification 5.3. A value of this class does not change: each change returns a new table, and
/// <see cref="Writes"/> puts a table on the disk.
/// </summary>
public sealed class PartitionTable
{
    private const int EntryLength = 128, EntryCount = 128;
    private const int MyLba = 24, AlternateLba = 32, FirstUsableLba = 40, LastUsableLba = 48, DiskGuid = 56, EntriesLba = 72, ArrayCrc = 88;
    private const long Alignment = 1 << 20;

    private readonly byte[] header, entries;
    private readonly Gpt.Header shape;

    private PartitionTable(byte[] header, byte[] entries, Gpt.Header shape, int blockSize, long blocks)
    {
        (this.header, this.entries, this.shape) = (header, entries, shape);
        (BlockSize, Blocks) = (blockSize, blocks);
        Partitions = Read();
    }

    /// <summary>Bytes of a block: 512 or 4096.</summary>
    public int BlockSize { get; }

    /// <summary>Of the whole disk.</summary>
    public long Blocks { get; }

    /// <summary>In the order of their position on the disk.</summary>
    public ImmutableArray<TablePartition> Partitions { get; }

    /// <summary>Null on a disk without partitions.</summary>
    public TablePartition? Last => Partitions.IsEmpty ? null : Partitions[^1];

    /// <summary>
    /// A power cut interrupted an earlier change: the table is valid, but its entries are where only a change in progress puts them.
    /// </summary>
    public bool IsHalfWritten => shape.Lba >= Field(FirstUsableLba);

    /// <summary>The last block that a partition may use; the backup table follows it.</summary>
    public long LastUsable => Blocks - 2 - ArrayBlocks;

    private long ArrayBlocks => (shape.Length + BlockSize - 1) / BlockSize;
    private long AlignedBlocks => Math.Max(1, Alignment / BlockSize);

    /// <summary>Null: there is no GPT header, or its checksum is wrong.</summary>
    /// <param name="header">The second block of the disk.</param>
    /// <param name="readEntries">Reads that many bytes of the disk from that offset; fewer at its end.</param>
    /// <param name="blocks">Blocks of the whole disk.</param>
    /// <exception cref="OperatorException">The table contradicts itself or the disk, so it must not be changed.</exception>
    public static PartitionTable? Parse(ReadOnlySpan<byte> header, Func<long, int, byte[]> readEntries, long blocks)
    {
        if (Gpt.ReadHeader(header) is not { } shape) return null;
        if (shape.Lba < 2 || shape.Lba >= blocks) throw Contradiction("its entries are not on the disk");
        var entries = readEntries(shape.Lba * header.Length, shape.Length);
        if (entries.Length < shape.Length || Gpt.Crc32(entries) != BinaryPrimitives.ReadUInt32LittleEndian(header[ArrayCrc..]))
            throw Contradiction("the checksum of its entries is wrong");
        var table = new PartitionTable(header.ToArray(), entries, shape, header.Length, blocks);
        table.Check();
        return table;
    }

    /// <summary>A table without partitions.</summary>
    public static PartitionTable New(int blockSize, long blocks, Guid disk)
    {
        var header = new byte[blockSize];
        "EFI PART"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), 0x00010000);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), Gpt.HeaderLength);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(FirstUsableLba), 2 + EntryCount * EntryLength / blockSize);
        disk.TryWriteBytes(header.AsSpan(DiskGuid));
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(80), EntryCount);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(84), EntryLength);
        return new(header, new byte[EntryCount * EntryLength], new(2, EntryCount, EntryLength), blockSize, blocks);
    }

    /// <summary>The last block of a partition after growing; its present one if it cannot grow.</summary>
    /// <param name="partition">A partition of this table.</param>
    /// <param name="sizeBytes">The wanted size; 0: all free space, in whole MiB.</param>
    /// <exception cref="OperatorException">Another partition follows it, or the disk is too small.</exception>
    public long GrownEnd(TablePartition partition, long sizeBytes)
    {
        if (partition.Number != Last!.Number)
        {
            var followers = new List<string>();
            foreach (var other in Partitions)
                if (other.First > partition.First) followers.Add(other.ToString());
            throw new OperatorException($"{partition} cannot grow: it is followed by {string.Join(", ", followers)}",
                "choose the last partition of the disk; no other one can grow");
        }
        if (sizeBytes == 0) return Math.Max(partition.Last, (LastUsable + 1) / AlignedBlocks * AlignedBlocks - 1);
        var max = LastUsable - partition.First + 1;
        if (sizeBytes / BlockSize > max)
        {
            throw new OperatorException($"{partition} cannot grow to {MiB(sizeBytes)}: the disk has room for {MiB(max * BlockSize)}",
                "ask for less, or omit the size to use all free space");
        }

        return Math.Max(partition.Last, partition.First + sizeBytes / BlockSize - 1);
    }

    /// <summary>A place after the last partition, with a free number.</summary>
    /// <param name="sizeBytes">0: all free space.</param>
    /// <param name="isLast">No partition follows: it may be up to 1 MiB smaller, to leave room for the backup table.</param>
    /// <param name="name">Name of the partition.</param>
    /// <exception cref="OperatorException">There is no room.</exception>
    public TablePartition Place(long sizeBytes, bool isLast, string name)
    {
        var number = 1;
        while (number <= shape.Count && Entry(number)[..16].IndexOfAnyExcept((byte)0) >= 0) number++;
        if (number > shape.Count)
            throw new OperatorException($"all {shape.Count} entries of the partition table are in use", "remove a partition");
        var end = Math.Max(Last?.Last + 1 ?? 0, Field(FirstUsableLba));
        var first = Math.Max(1, (end + AlignedBlocks - 1) / AlignedBlocks) * AlignedBlocks;
        var free = LastUsable - first + 1;
        var wanted = sizeBytes == 0 ? free / AlignedBlocks * AlignedBlocks : sizeBytes / BlockSize;
        if (isLast && wanted > free && wanted - AlignedBlocks <= free) wanted = free;
        if (wanted <= 0 || wanted > free)
        {
            var size = sizeBytes == 0 ? "any size" : MiB(sizeBytes);
            throw new OperatorException(
                $"no room for a partition of {size}: {MiB(Math.Max(0, free) * BlockSize)} are free after the last partition",
                "ask for less, or enlarge the disk");
        }

        return new(number, first, first + wanted - 1, name);
    }

    /// <summary>The table in which the partition ends at that block.</summary>
    public PartitionTable WithEnd(TablePartition partition, long last)
    {
        var changed = (byte[])entries.Clone();
        BinaryPrimitives.WriteInt64LittleEndian(Entry(changed, partition.Number)[40..], last);
        return new(header, changed, shape, BlockSize, Blocks);
    }

    /// <summary>The table with one more partition.</summary>
    public PartitionTable With(TablePartition partition, PartitionType type, Guid uuid)
    {
        var changed = (byte[])entries.Clone();
        var entry = Entry(changed, partition.Number);
        type.Id.TryWriteBytes(entry);
        uuid.TryWriteBytes(entry[16..]);
        BinaryPrimitives.WriteInt64LittleEndian(entry[32..], partition.First);
        BinaryPrimitives.WriteInt64LittleEndian(entry[40..], partition.Last);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[48..], type.Attributes);
        for (var i = 0; i < partition.Name.Length; i++) BinaryPrimitives.WriteUInt16LittleEndian(entry[(56 + i * 2)..], partition.Name[i]);
        return new(header, changed, shape, BlockSize, Blocks);
    }

    /// <summary>
    /// The writes that put this table on the disk. After a power cut at any point, the kernel, which reads only the first header and
    /// requires valid checksums, finds the old partitions or the new ones. The first header is written twice, one block each time: first
    /// it points to the entries of the backup at the end, so that its own entries can be overwritten, then back to its own.
    /// </summary>
    /// <param name="firstBlock">
    /// First block of the disk. A protective MBR gets the size of the disk; an MBR that has partitions is not changed.
    /// </param>
    public ImmutableArray<DiskWrite> Writes(ReadOnlySpan<byte> firstBlock)
    {
        long backup = Blocks - 1, backupEntries = backup - ArrayBlocks, primaryEntries = IsHalfWritten ? 2 : shape.Lba;
        var array = new byte[ArrayBlocks * BlockSize];
        entries.CopyTo(array, 0);
        var writes = ImmutableArray.CreateBuilder<DiskWrite>();
        if (ProtectiveMbr.WithSize(firstBlock, Blocks) is { } mbr) writes.Add(new(0, mbr));
        writes.Add(new(backupEntries * BlockSize, [.. array, .. Header(backup, 1, backupEntries)]));
        writes.Add(new(BlockSize, Header(1, backup, backupEntries)));
        writes.Add(new(primaryEntries * BlockSize, array));
        writes.Add(new(BlockSize, Header(1, backup, primaryEntries)));
        return writes.ToImmutable();
    }

    private byte[] Header(long own, long other, long entriesAt)
    {
        var block = (byte[])header.Clone();
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(MyLba), own);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(AlternateLba), other);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(LastUsableLba), LastUsable);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(EntriesLba), entriesAt);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(ArrayCrc), Gpt.Crc32(entries));
        Gpt.Seal(block);
        return block;
    }

    private void Check()
    {
        if (Field(FirstUsableLba) < (IsHalfWritten ? 2 : shape.Lba) + ArrayBlocks)
            throw Contradiction("its entries overlap the area for partitions");
        long end = Field(FirstUsableLba) - 1;
        TablePartition? before = null;
        foreach (var partition in Partitions)
        {
            if (partition.Last < partition.First) throw Contradiction($"{partition} ends before it begins");
            if (partition.First <= end) throw Contradiction($"{partition} overlaps {before?.ToString() ?? "the table"}");
            if (partition.Last > LastUsable)
            {
                throw new OperatorException(
                    $"{partition} extends into the last blocks of the disk, which are reserved for the backup partition table",
                    "restore the size of the disk if it was made smaller");
            }

            (end, before) = (partition.Last, partition);
        }
    }

    private ImmutableArray<TablePartition> Read()
    {
        var found = new List<TablePartition>();
        foreach (var entry in Gpt.ReadEntries(entries, shape))
        {
            var bytes = Entry(entry.Number);
            found.Add(new(entry.Number, BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]), entry.Name!));
        }
        found.Sort((a, b) => a.First.CompareTo(b.First));
        return [.. found];
    }

    private ReadOnlySpan<byte> Entry(int number) => Entry(entries, number);

    private Span<byte> Entry(byte[] all, int number) => all.AsSpan((number - 1) * shape.EntryLength, shape.EntryLength);

    private long Field(int offset) => BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(offset));

    // The unit in which sizes are given. Rounded down: a size that is reported as free must fit.
    private static string MiB(long bytes) => $"{bytes >> 20} MiB";

    private static OperatorException Contradiction(string what) =>
        new($"the partition table is damaged: {what}", "repair it with gdisk; nothing was changed");
}
