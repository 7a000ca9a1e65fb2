using System.Runtime.InteropServices;
using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Grows a mounted file system to the size of its partition with its own driver, as resize2fs, xfs_growfs and btrfs do. After a power cut
/// its journal restores the old size or the new one.
/// </summary>
public static unsafe class FileSystemResize
{
    // linux/ext4.h, xfs_fs.h, linux/btrfs.h
    internal const uint EXT4_IOC_RESIZE_FS = 0x40086610, XFS_IOC_FSGEOMETRY_V1 = 0x80705864, XFS_IOC_FSGROWFSDATA = 0x4010586E,
        BTRFS_IOC_RESIZE = 0x50009403;

    /// <summary>struct xfs_fsop_geom_v1, up to the last field used: the percentage of inodes is passed back unchanged.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 112)]
    internal struct XfsGeometry
    {
        public uint BlockSize, RtExtent, GroupBlocks, Groups, LogBlocks, SectorSize, InodeSize, InodePercent;
        public long DataBlocks;
    }

    /// <summary>struct xfs_growfs_data.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct XfsGrowth
    {
        public long NewBlocks;
        public uint InodePercent;
    }

    /// <summary>struct btrfs_ioctl_vol_args.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BtrfsArguments
    {
        public long Descriptor;
        public fixed byte Name[4088];
    }

    /// <summary>How far it can grow, according to its superblock.</summary>
    /// <param name="node">The device.</param>
    /// <param name="type">A type for which <see cref="FileSystemGrowth.IsKnown"/> is true.</param>
    /// <param name="deviceBytes">Size of the device.</param>
    public static FileSystemGrowth Examine(string node, string type, long deviceBytes)
    {
        var window = new byte[FileSystemGrowth.WindowLength];
        using var device = Syscall.Open(node, OpenFlags.ReadOnly);
        Syscall.PRead(device, window, FileSystemGrowth.Window(type));
        return FileSystemGrowth.Of(type, window, deviceBytes);
    }

    /// <summary>Mounts it detached, which also replays its journal, and grows it. An existing mount is not changed.</summary>
    public static void Grow(string node, string type, FileSystemGrowth growth)
    {
        using var root = Syscall.MountDetached(node, type);
        switch (type)
        {
            case "ext4": Ext4(root, growth.MaxBlocks); break;
            case "xfs": Xfs(root, growth.MaxBlocks); break;
            case "btrfs": Btrfs(root, $"{growth.Device}:max"); break;
            default: throw new InvalidOperationException();
        }
        Syscall.SyncFs(root);
    }

    private static void Ext4(FileHandle root, long blocks) => Syscall.IoCtl(root, EXT4_IOC_RESIZE_FS, &blocks, nameof(EXT4_IOC_RESIZE_FS));

    private static void Xfs(FileHandle root, long blocks)
    {
        XfsGeometry geometry;
        Syscall.IoCtl(root, XFS_IOC_FSGEOMETRY_V1, &geometry, nameof(XFS_IOC_FSGEOMETRY_V1));
        // While it is mounted, the superblock on the disk may be older than the file system.
        if (geometry.DataBlocks >= blocks) return;
        var growth = new XfsGrowth { NewBlocks = blocks, InodePercent = geometry.InodePercent };
        Syscall.IoCtl(root, XFS_IOC_FSGROWFSDATA, &growth, nameof(XFS_IOC_FSGROWFSDATA));
    }

    private static void Btrfs(FileHandle root, string size)
    {
        var arguments = new BtrfsArguments();
        Encoding.UTF8.GetBytes(size, new Span<byte>(arguments.Name, 4087));
        Syscall.IoCtl(root, BTRFS_IOC_RESIZE, &arguments, nameof(BTRFS_IOC_RESIZE));
    }
}
