using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A file or device that a virtual machine can boot.</summary>
/// <param name="Path">The file.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Table">The partitions of a raw disk; null: not a raw disk.</param>
public sealed record DiskFile(string Path, DiskFileKind Kind, PartitionTable? Table = null)
{
    private const int BlockSize = 512;

    // docs/interop/qcow2.rst of QEMU: "QFI" and 0xfb.
    private static ReadOnlySpan<byte> QcowMagic => [0x51, 0x46, 0x49, 0xFB];

    /// <exception cref="OperatorException">It does not exist, or it is neither a disk nor an OS image.</exception>
    public static DiskFile Open(string path)
    {
        using var file = OpenRegularOrDevice(path);
        var start = new byte[2 * BlockSize];
        var length = Syscall.PRead(file, start, 0);
        if (start.AsSpan(0, length).StartsWith(QcowMagic)) return new(path, DiskFileKind.Qcow2);
        if (ReadTable(file, start) is { } table) return new(path, DiskFileKind.Raw, table);
        return BlockProbe.Superblock(file)?.MountType is "ext4" or "squashfs" or "erofs" ? new(path, DiskFileKind.OsImage)
            : throw new OperatorException($"{path} is neither a disk with a GPT nor an OS image",
                "build a disk: kboot disk build --image FILE --output DISK");
    }

    private static FileHandle OpenRegularOrDevice(string path)
    {
        using var found = Syscall.TryOpen(path, OpenFlags.Path) ?? throw new OperatorException($"the disk {path} does not exist",
            "build one: kboot disk build --image FILE --output DISK");
        return Syscall.FStat(found).Type is FileType.Regular or FileType.BlockDevice
            ? Syscall.Reopen(found, OpenFlags.ReadOnly | OpenFlags.NonBlocking)
            : throw new OperatorException($"{path} is neither a file nor a block device", "give the path of a disk or of an OS image");
    }

    private static PartitionTable? ReadTable(FileHandle file, byte[] start)
    {
        // The end of a device is not its file size; only the partitions are of interest here.
        const long AnySize = long.MaxValue / BlockSize;
        return PartitionTable.Parse(start.AsSpan(BlockSize), (offset, length) =>
        {
            var entries = new byte[length];
            return entries[..Syscall.PRead(file, entries, offset)];
        }, AnySize);
    }
}
