using System.Buffers.Binary;
using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// A GPT as a whole, and what it becomes. Layout: UEFI specification 5.3. A value of this class does not change; what changes it returns
/// another one, whose <see cref="Writes"/> put it on the disk.
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

    /// <summary>In the order they lie on the disk.</summary>
    public ImmutableArray<TablePartition> Partitions { get; }

    /// <summary>Null on a disk without partitions.</summary>
    public TablePartition? Last => Partitions.IsEmpty ? null : Partitions[^1];

    /// <summary>A power cut came between the writes of an earlier change: the table is whole, and its entries lie where only a change puts them.</summary>
    public bool IsHalfWritten => shape.Lba >= Field(FirstUsableLba);

    /// <summary>The last block a partition may take when the copy of the table lies at the end of the disk.</summary>
    public long LastUsable => Blocks - 2 - ArrayBlocks;

    private long ArrayBlocks => (shape.Length + BlockSize - 1) / BlockSize;
    private long AlignedBlocks => Math.Max(1, Alignment / BlockSize);

    /// <summary>Null: no header of a GPT there, or its checksum is wrong.</summary>
    /// <param name="header">The second block of the disk.</param>
    /// <param name="readEntries">Reads that many bytes of the disk from that offset; fewer where it ends.</param>
    /// <param name="blocks">Of the whole disk.</param>
    /// <exception cref="OperatorException">It contradicts itself or the disk: nobody should change it.</exception>
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

    /// <summary>The last block of a partition that has grown; its present one where there is nothing to grow.</summary>
    /// <param name="partition">One of this table.</param>
    /// <param name="sizeBytes">What it should have; 0: all there is, in whole MiB.</param>
    /// <exception cref="OperatorException">Something lies behind it, or the disk is too small.</exception>
    public long GrownEnd(TablePartition partition, long sizeBytes)
    {
        if (partition.Number != Last!.Number)
        {
            var behind = new List<string>();
            foreach (var other in Partitions)
                if (other.First > partition.First) behind.Add(other.ToString());
            throw new OperatorException($"{partition} cannot grow: behind it is {string.Join(", ", behind)}", "only the last partition of a disk can grow");
        }
        if (sizeBytes == 0) return Math.Max(partition.Last, (LastUsable + 1) / AlignedBlocks * AlignedBlocks - 1);
        var most = LastUsable - partition.First + 1;
        if (sizeBytes / BlockSize > most)
        {
            throw new OperatorException($"{partition} cannot grow to {MiB(sizeBytes)}: the disk has room for {MiB(most * BlockSize)}",
                "ask for less, or leave the size out to take all there is");
        }

        return Math.Max(partition.Last, partition.First + sizeBytes / BlockSize - 1);
    }

    /// <summary>A place behind the last partition, with a number that is free.</summary>
    /// <param name="sizeBytes">0: all that is left.</param>
    /// <param name="isLast">Nothing is to follow: the copy of the table may cost it up to 1 MiB of its size.</param>
    /// <param name="name">Name of the partition.</param>
    /// <exception cref="OperatorException">There is none.</exception>
    public TablePartition Place(long sizeBytes, bool isLast, string name)
    {
        var number = 1;
        while (number <= shape.Count && Entry(number)[..16].IndexOfAnyExcept((byte)0) >= 0) number++;
        if (number > shape.Count) throw new OperatorException($"all {shape.Count} entries of the partition table are taken", "remove a partition");
        var behind = Math.Max(Last?.Last + 1 ?? 0, Field(FirstUsableLba));
        var first = Math.Max(1, (behind + AlignedBlocks - 1) / AlignedBlocks) * AlignedBlocks;
        var free = LastUsable - first + 1;
        var wanted = sizeBytes == 0 ? free / AlignedBlocks * AlignedBlocks : sizeBytes / BlockSize;
        if (isLast && wanted > free && wanted - AlignedBlocks <= free) wanted = free;
        if (wanted <= 0 || wanted > free)
        {
            throw new OperatorException(
                $"no room for a partition of {(sizeBytes == 0 ? "any size" : MiB(sizeBytes))}: {MiB(Math.Max(0, free) * BlockSize)} are left behind the last one",
                "ask for less, or enlarge the disk");
        }

        return new(number, first, first + wanted - 1, name);
    }

    /// <summary>The same with that partition ending there.</summary>
    public PartitionTable WithEnd(TablePartition partition, long last)
    {
        var changed = (byte[])entries.Clone();
        BinaryPrimitives.WriteInt64LittleEndian(Entry(changed, partition.Number)[40..], last);
        return new(header, changed, shape, BlockSize, Blocks);
    }

    /// <summary>The same with one partition more.</summary>
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
    /// Puts this table on the disk so that after a power cut at any point the kernel, which reads the first header only and wants its checksums
    /// right, finds the old partitions or the new ones. The first header changes twice, one block each time: to the entries of the copy
    /// at the end, so that its own may be overwritten, and back.
    /// </summary>
    /// <param name="firstBlock">Of the disk. A protective MBR learns the size of the disk, one with partitions of its own is left alone.</param>
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
        if (Field(FirstUsableLba) < (IsHalfWritten ? 2 : shape.Lba) + ArrayBlocks) throw Contradiction("its entries lie where partitions may");
        long end = Field(FirstUsableLba) - 1;
        TablePartition? before = null;
        foreach (var partition in Partitions)
        {
            if (partition.Last < partition.First) throw Contradiction($"{partition} ends before it begins");
            if (partition.First <= end) throw Contradiction($"{partition} overlaps {before?.ToString() ?? "the table"}");
            if (partition.Last > LastUsable)
                throw new OperatorException($"{partition} reaches into the last blocks of the disk, where the copy of the table belongs", "was the disk made smaller? restore its size");
            (end, before) = (partition.Last, partition);
        }
    }

    private ImmutableArray<TablePartition> Read()
    {
        var found = new List<TablePartition>();
        foreach (var entry in Gpt.ReadEntries(entries, shape))
        {
            var bytes = Entry(entry.Number);
            found.Add(new(entry.Number, BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]), entry.Name!));
        }
        found.Sort((a, b) => a.First.CompareTo(b.First));
        return [.. found];
    }

    private ReadOnlySpan<byte> Entry(int number) => Entry(entries, number);

    private Span<byte> Entry(byte[] all, int number) => all.AsSpan((number - 1) * shape.EntryLength, shape.EntryLength);

    private long Field(int offset) => BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(offset));

    // As sizes are asked for. Rounded down: what is told as free must fit.
    private static string MiB(long bytes) => $"{bytes >> 20} MiB";

    private static OperatorException Contradiction(string what) =>
        new($"the partition table is damaged: {what}", "repair it with gdisk; nothing was changed");
}
