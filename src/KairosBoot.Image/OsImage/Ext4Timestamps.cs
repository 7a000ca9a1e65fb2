using System.Buffers.Binary;
using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>
/// mke2fs copies access and status-change times from the build host, where no tool can set them. Here all times of an inode become its
/// modification time, so that the same tree gives the same image. Only for file systems without checksums.
/// Offsets: Documentation/filesystems/ext4 (super.rst, group_descr.rst, inodes.rst).
/// </summary>
internal static class Ext4Timestamps
{
    private const int SuperblockOffset = 1024, DescriptorSize = 32, MetadataChecksums = 0x400, GroupChecksums = 0x10;

    internal static void Normalize(string file, long seconds)
    {
        using var image = Syscall.Open(file, OpenFlags.ReadWrite);
        var superblock = Read(image, SuperblockOffset, 1024);
        if ((U32(superblock, 0x64) & (MetadataChecksums | GroupChecksums)) != 0 || U16(superblock, 0x38) != 0xEF53)
            throw new InvalidOperationException($"{file}: not an ext4 file system without checksums");

        // s_mtime stays 0 (never mounted); s_wtime, s_lastcheck and s_mkfs_time; s_kbytes_written counts what tools wrote.
        foreach (var field in new[] { 0x30, 0x40, 0x108 })
            SetU32(superblock, field, (uint)seconds);
        BinaryPrimitives.WriteUInt64LittleEndian(superblock.AsSpan(0x178), 0);
        Write(image, SuperblockOffset, superblock);

        var blockSize = 1024 << (int)U32(superblock, 0x18);
        var inodesPerGroup = (int)U32(superblock, 0x28);
        var groups = (int)(U32(superblock, 0x00) / (uint)inodesPerGroup);
        var inodeSize = U16(superblock, 0x58);
        var descriptors = Read(image, ((long)U32(superblock, 0x14) + 1) * blockSize, groups * DescriptorSize);
        for (var group = 0; group < groups; group++)
        {
            var table = (long)U32(descriptors, group * DescriptorSize + 0x08) * blockSize;
            var inodes = Read(image, table, inodesPerGroup * inodeSize);
            for (var inode = 0; inode < inodes.Length; inode += inodeSize)
                NormalizeInode(inodes.AsSpan(inode, inodeSize));
            Write(image, table, inodes);
        }
    }

    private static void NormalizeInode(Span<byte> inode)
    {
        if (BinaryPrimitives.ReadUInt16LittleEndian(inode) == 0)
        {
            return; // i_mode: not in use
        }

        var changed = inode.Slice(0x10, 4); // i_mtime
        changed.CopyTo(inode[0x08..]); // i_atime
        changed.CopyTo(inode[0x0C..]); // i_ctime
        changed.CopyTo(inode[0x90..]); // i_crtime
        // The fields *_extra: two bits that extend the seconds, and the nanoseconds.
        var epoch = BinaryPrimitives.ReadUInt32LittleEndian(inode[0x88..]) & 3;
        foreach (var field in (ReadOnlySpan<int>)[0x84, 0x88, 0x8C, 0x94]) // of ctime, mtime, atime and crtime
            BinaryPrimitives.WriteUInt32LittleEndian(inode[field..], epoch);
    }

    private static byte[] Read(FileHandle image, long offset, int length)
    {
        var bytes = new byte[length];
        return Syscall.PRead(image, bytes, offset) == length ? bytes
            : throw new InvalidOperationException($"{image.Path}: the file system ends before byte {offset + length}");
    }

    private static void Write(FileHandle image, long offset, byte[] bytes) => Syscall.PWriteAll(image, bytes, offset);

    private static ushort U16(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(offset));

    private static uint U32(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset));

    private static void SetU32(byte[] bytes, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);
}
