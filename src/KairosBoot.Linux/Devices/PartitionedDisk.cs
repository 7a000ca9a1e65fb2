using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>Reads and writes a disk's partition table.</summary>
/// <param name="name">The kernel's name of the whole disk.</param>
public sealed class PartitionedDisk(string name)
{
    public string Node => "/dev/" + name;
    private readonly int blockSize = BlockDeviceScan.BlockSize(name);
    private readonly long blocks = BlockDeviceScan.SizeBytes(name) / BlockDeviceScan.BlockSize(name);

    /// <exception cref="OperatorException">The disk has no table that may be changed.</exception>
    public PartitionTable Read()
    {
        using var disk = Syscall.Open(Node, OpenFlags.ReadOnly);
        var start = ReadBlocks(disk, 0, 2);
        if (!ProtectiveMbr.Is(start) && !Gpt.ReadMbr(start).IsEmpty)
        {
            throw new OperatorException($"{Node} has an MBR partition table; only a GPT is changed", "convert it first: sgdisk --mbrtogpt "
                + Node);
        }

        if (ProtectiveMbr.Is(start) && Parse(disk, start.AsSpan(blockSize)) is { } table) return table;
        if (Gpt.ReadHeader(ReadBlocks(disk, blocks - 1, 1)) is not null)
        {
            throw new OperatorException(
                $"{Node}: the first copy of the partition table is damaged, but the backup at the end of the disk is not",
                "restore it with gdisk (r, b, w); nothing was changed");
        }
        throw new OperatorException($"{Node} has no partition table", "make one: device.init_disk with device.path");
    }

    /// <summary>Writes a table to the disk, and waits after each write until it is on the disk.</summary>
    public void Write(PartitionTable table)
    {
        using var disk = Syscall.Open(Node, OpenFlags.ReadWrite);
        foreach (var write in table.Writes(ReadBlocks(disk, 0, 1))) WriteThrough(disk, write.Bytes, write.Offset);
    }

    /// <summary>Writes an empty table to a blank disk. True: done; false: the disk has a table and was not changed.</summary>
    /// <exception cref="OperatorException">The disk has other content.</exception>
    public bool Initialize(Guid guid)
    {
        const int MinBytes = 4 << 20;
        if (blocks * blockSize < MinBytes) throw TooSmall();
        using var disk = Syscall.Open(Node, OpenFlags.ReadWrite);
        var start = ReadBlocks(disk, 0, 2);
        var existing = Parse(disk, start.AsSpan(blockSize));
        if (existing is not null && ProtectiveMbr.Is(start)) return false;
        if (!IsBlank(disk, existing))
            throw new OperatorException($"{Node} is not blank, so it gets no partition table", "erase its content: wipefs --all " + Node);
        foreach (var write in PartitionTable.New(blockSize, blocks, guid).Writes([])) WriteThrough(disk, write.Bytes, write.Offset);
        // The MBR is written last: until then, no program recognises the table, and the disk counts as blank.
        WriteThrough(disk, ProtectiveMbr.New(blockSize, blocks), 0);
        return true;
    }

    private static void WriteThrough(FileHandle disk, ReadOnlySpan<byte> bytes, long offset)
    {
        Syscall.PWriteAll(disk, bytes, offset);
        Syscall.FSync(disk);
    }

    /// <summary>The disk starts with zeros, or has an empty table whose writing was interrupted.</summary>
    private bool IsBlank(FileHandle disk, PartitionTable? first)
    {
        if (Parse(disk, ReadBlocks(disk, blocks - 1, 1)) is { Partitions.IsEmpty: false }) return false;
        if (first is not null) return first.Partitions.IsEmpty;
        var bytes = new byte[1 << 20];
        Syscall.PRead(disk, bytes, 0);
        return !bytes.AsSpan().ContainsAnyExcept((byte)0);
    }

    private PartitionTable? Parse(FileHandle disk, ReadOnlySpan<byte> header)
    {
        try
        {
            return PartitionTable.Parse(header, (offset, length) =>
            {
                var bytes = new byte[length];
                return bytes[..Syscall.PRead(disk, bytes, offset)];
            }, blocks);
        }
        catch (OperatorException e) { throw new OperatorException($"{Node}: {e.Problem}", e.Fix); }
    }

    private byte[] ReadBlocks(FileHandle disk, long first, int count)
    {
        var bytes = new byte[count * blockSize];
        return Syscall.PRead(disk, bytes, first * blockSize) == bytes.Length ? bytes : throw TooSmall();
    }

    private OperatorException TooSmall() => new($"{Node} is too small for a partition table", "use another disk");
}
