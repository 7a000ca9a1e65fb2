using System.Buffers.Binary;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Checks that GRUB 2.06 can read the file system of an image.</summary>
public static class GrubReadable
{
    // squashfs: gzip, lzo, xz (Documentation/filesystems/squashfs.rst, the superblock's compression id).
    private static readonly int[] SquashfsCompressions = [1, 3, 4];

    // ext4 features (Documentation/filesystems/ext4/super.rst) that GRUB's driver refuses or misreads.
    private static readonly (int Offset, uint Bit, string Name)[] Ext4Features =
    [
        (0x460, 0x00001, "compression"), (0x460, 0x00400, "ea_inode"), (0x460, 0x08000, "inline_data"), (0x460, 0x20000, "casefold"),
        (0x464, 0x00200, "bigalloc"),
    ];

    /// <summary>The file system of an image: <c>ext4</c> (ext2 and ext3 too) or <c>squashfs</c>.</summary>
    /// <exception cref="OperatorException">The file is not an image, or GRUB cannot read it.</exception>
    public static string Check(string path)
    {
        using var file = HostFile.OpenImage(path);
        var head = Window(file, SuperblockProbe.Windows[0]);
        var superblock = Probe(file);
        switch (superblock?.MountType)
        {
            case "squashfs":
                var compression = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(20));
                return SquashfsCompressions.Contains(compression) ? "squashfs" : throw new OperatorException(
                    $"{path} is a squashfs that GRUB cannot read: compressed by {CompressionName(compression)}",
                    "build it with mksquashfs -comp gzip (or xz)");
            case "ext4":
                foreach (var (offset, bit, name) in Ext4Features)
                {
                    if ((BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(offset)) & bit) != 0)
                    {
                        throw new OperatorException(
                            $"{path} is an ext4 that GRUB cannot read: it has the feature {name}",
                            $"build it with mke2fs -O ^{name}, or with kboot image build");
                    }
                }

                return "ext4";
            default:
                throw new OperatorException(
                    $"{path} {(superblock is null ? "is not a file system image" : $"is {superblock.Type}")}: GRUB can load the kernel " +
                    "only from ext4 and squashfs images",
                    "build it with kboot image build --format ext4 or --format squashfs");
        }
    }

    private static Superblock? Probe(FileHandle file)
    {
        foreach (var window in SuperblockProbe.Windows)
            if (SuperblockProbe.Probe(window.Offset, Window(file, window)) is { } found) return found;
        return null;
    }

    private static byte[] Window(FileHandle file, (long Offset, int Length) window)
    {
        var bytes = new byte[window.Length];
        return bytes[..Syscall.PRead(file, bytes, window.Offset)];
    }

    private static string CompressionName(int id) => id switch { 2 => "lzma", 5 => "lz4", 6 => "zstd", _ => $"method {id}" };
}
