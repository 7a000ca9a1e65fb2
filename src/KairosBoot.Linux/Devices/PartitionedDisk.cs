using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>A disk's partition table, as it is read and as it is written.</summary>
/// <param name="name">The kernel's name of the whole disk.</param>
public sealed class PartitionedDisk(string name)
{
    public string Node => "/dev/" + name;
    private readonly int blockSize = BlockDeviceScan.BlockSize(name);
    private readonly long blocks = BlockDeviceScan.SizeBytes(name) / BlockDeviceScan.BlockSize(name);

    /// <exception cref="OperatorException">There is none that may be changed.</exception>
    public PartitionTable Read()
    {
        using var disk = Syscall.Open(Node, OpenFlags.ReadOnly);
        var start = ReadBlocks(disk, 0, 2);
        if (!ProtectiveMbr.Is(start) && !Gpt.ReadMbr(start).IsEmpty)
            throw new OperatorException($"{Node} has an MBR partition table; only a GPT is changed", "convert it first: sgdisk --mbrtogpt " + Node);
        if (ProtectiveMbr.Is(start) && Parse(disk, start.AsSpan(blockSize)) is { } table) return table;
        if (Gpt.ReadHeader(ReadBlocks(disk, blocks - 1, 1)) is not null)
            throw new OperatorException($"{Node}: the first copy of the partition table is damaged, the one at the end of the disk is not", "restore it with gdisk (r, b, w); nothing was changed");
        throw new OperatorException($"{Node} has no partition table", "make one: device.init_disk with device.path");
    }

    /// <summary>Puts a table on the disk, and waits after each write until it is there.</summary>
    public void Write(PartitionTable table)
    {
        using var disk = Syscall.Open(Node, OpenFlags.ReadWrite);
        foreach (var write in table.Writes(ReadBlocks(disk, 0, 1))) WriteThrough(disk, write.Bytes, write.Offset);
    }

    /// <summary>Makes a blank disk one with an empty table. True where it was; a disk with a table stays as it is.</summary>
    /// <exception cref="OperatorException">Something else is on it.</exception>
    public bool Initialize(Guid guid)
    {
        const int Smallest = 4 << 20;
        if (blocks * blockSize < Smallest) throw TooSmall();
        using var disk = Syscall.Open(Node, OpenFlags.ReadWrite);
        var start = ReadBlocks(disk, 0, 2);
        var existing = Parse(disk, start.AsSpan(blockSize));
        if (existing is not null && ProtectiveMbr.Is(start)) return false;
        if (!IsBlank(disk, existing))
            throw new OperatorException($"{Node} is not blank, and is not made so here", "erase what is on it: wipefs --all " + Node);
        foreach (var write in PartitionTable.New(blockSize, blocks, guid).Writes([])) WriteThrough(disk, write.Bytes, write.Offset);
        // Last what lets anybody believe the table: until then the disk is as good as blank.
        WriteThrough(disk, ProtectiveMbr.New(blockSize, blocks), 0);
        return true;
    }

    private static void WriteThrough(FileHandle disk, ReadOnlySpan<byte> bytes, long offset)
    {
        Syscall.PWriteAll(disk, bytes, offset);
        Syscall.FSync(disk);
    }

    /// <summary>Nothing but zeros where everything begins, or an empty table whose writing was interrupted.</summary>
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

    private OperatorException TooSmall() => new($"{Node} is too small for a partition table", "name another disk");
}
